// Whip publishes clips over WHIP (RFC 9725): what LiveKit's SDKs can't send, and many participants for little.
//
// Credentials come from LIVEKIT_API_KEY and LIVEKIT_API_SECRET. Each line on stdout is one JSON object with an
// `event`, in the words of publisher.py; the end of stdin ends everyone. The clips are made by clips.py.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// person is one participant, as it is asked for.
type person struct {
	// Room is its room.
	Room string `json:"room"`
	// Number is its number: the identity is p0, p1, …
	Number int `json:"number"`
	// Video names a clip of its pictures, such as "h265-640x360"; empty: no camera.
	Video string `json:"video"`
	// Audio names a clip of its sound, or is "red": Opus with redundancy; empty: no microphone.
	Audio string `json:"audio"`
}

var (
	server = flag.String("url", "", "the server: http://… or ws://…")
	clips  = flag.String("clips", "", "directory with the clips")
	people = flag.String("people", "", `JSON array of {"room", "number", "video", "audio"}`)
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "whip:", err)
		os.Exit(1)
	}
}

func run() error {
	var wanted []person
	if err := json.Unmarshal([]byte(*people), &wanted); err != nil {
		return fmt.Errorf("--people: %w", err)
	}
	var seats []*seat
	defer func() {
		for _, s := range seats {
			s.leave()
		}
		say("end", nil)
	}()
	for _, p := range wanted {
		s, err := join(*server, *clips, p)
		if err != nil {
			return fmt.Errorf("p%d: %w", p.Number, err)
		}
		seats = append(seats, s)
	}
	// Everyone begins with the same whole second, as if cameras and clocks were one.
	zero := time.Now().Add(200 * time.Millisecond).Truncate(time.Second).Add(time.Second)
	var begun sync.WaitGroup
	for _, s := range seats {
		s.play(zero, &begun)
	}
	begun.Wait()
	say("ready", map[string]any{"zero": zero.Unix()})
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

var saying sync.Mutex

// say prints one event.
func say(event string, more map[string]any) {
	line := map[string]any{"event": event, "at": float64(time.Now().UnixMicro()) / 1e6}
	for key, value := range more {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	saying.Lock()
	defer saying.Unlock()
	fmt.Println(string(text))
}
