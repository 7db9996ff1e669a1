package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// clip is pictures or sound, encoded beforehand; clips.py describes the file.
type clip struct {
	// Codec is its name there.
	Codec string `json:"codec"`
	// Clock is the ticks of RTP time a second.
	Clock uint32 `json:"clock"`
	// Step is the ticks from one frame to the next.
	Step   uint32 `json:"step"`
	frames [][]byte
}

func readClip(path string) (*clip, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	head, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var c clip
	if err := json.Unmarshal(head, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for {
		var size uint32
		if err := binary.Read(in, binary.BigEndian, &size); errors.Is(err, io.EOF) {
			return &c, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(in, frame); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.frames = append(c.frames, frame)
	}
}
