package main

import (
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	// mtu is the room for a payload: what remains of 1,200 bytes behind headers.
	mtu = 1_170
	// reportEvery is how often a sender report goes out; browsers send them as often.
	reportEvery = time.Second
)

// track plays one clip.
type track struct {
	clip   *clip
	codec  codec
	local  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender

	frames, packets, octets, keyframesAsked atomic.Uint32
}

func newTrack(clips, who, name, stream string) (*track, error) {
	red := name == "red"
	if red {
		name = "opus"
	}
	c, err := readClip(filepath.Join(clips, who+"-"+name+".clip"))
	if err != nil {
		return nil, err
	}
	if red {
		c.Codec = "red"
	}
	codec, err := codecOf(c.Codec)
	if err != nil {
		return nil, err
	}
	local, err := webrtc.NewTrackLocalStaticRTP(codec.sent(), codec.kind.String(), stream)
	if err != nil {
		return nil, err
	}
	return &track{clip: c, codec: codec, local: local}, nil
}

// listen takes what the server says of the track, until it ends.
func (t *track) listen(who string) {
	for {
		packets, _, err := t.sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if _, ok := packet.(*rtcp.PictureLossIndication); ok {
				// The next keyframe is at most a second away: it is in the clip.
				say("keyframe_asked", map[string]any{"who": who, "count": t.keyframesAsked.Add(1)})
			}
		}
	}
}

// play sends frame k at k steps after zero, over and over, until done is closed. It calls begun once, when something
// was sent.
func (t *track) play(zero time.Time, report func([]rtcp.Packet) error, done <-chan struct{}, begun func()) {
	begun = sync.OnceFunc(begun)
	defer begun()
	sequence, first := uint16(rand.Uint32()), rand.Uint32()
	timer := time.NewTimer(0)
	defer timer.Stop()
	reported := zero.Add(-reportEvery)
	for k := 0; ; k++ {
		due := zero.Add(t.span(k))
		timer.Reset(time.Until(due))
		select {
		case <-done:
			return
		case <-timer.C:
		}
		frame := t.clip.frames[k%len(t.clip.frames)]
		payloads := t.codec.payloader.Payload(mtu, frame)
		for i, payload := range payloads {
			header := rtp.Header{
				Version:        2,
				Marker:         i == len(payloads)-1 && t.codec.kind == webrtc.RTPCodecTypeVideo,
				SequenceNumber: sequence,
				Timestamp:      first + uint32(k)*t.clip.Step,
			}
			sequence++
			if err := t.local.WriteRTP(&rtp.Packet{Header: header, Payload: payload}); err != nil {
				return
			}
			t.packets.Add(1)
			t.octets.Add(uint32(len(payload)))
		}
		t.frames.Add(1)
		begun()
		if now := time.Now(); now.Sub(reported) >= reportEvery {
			reported = now
			// The time stamp of this very moment: the clock of the clip runs with the wall clock's.
			ticks := uint32(now.Sub(zero).Seconds() * float64(t.clip.Clock))
			if report([]rtcp.Packet{t.senderReport(now, first+ticks)}) != nil {
				return
			}
		}
	}
}

// span is the time from the first frame to the k-th.
func (t *track) span(k int) time.Duration {
	return time.Duration(k) * time.Duration(t.clip.Step) * time.Second / time.Duration(t.clip.Clock)
}

// senderReport says which time stamp belongs to the wall clock's now (RFC 3550, 6.4.1).
func (t *track) senderReport(now time.Time, timestamp uint32) *rtcp.SenderReport {
	const since1900 = 2_208_988_800
	seconds, part := uint64(now.Unix())+since1900, uint64(now.Nanosecond())<<32/1_000_000_000
	return &rtcp.SenderReport{
		SSRC:        t.ssrc(),
		NTPTime:     seconds<<32 | part,
		RTPTime:     timestamp,
		PacketCount: t.packets.Load(),
		OctetCount:  t.octets.Load(),
	}
}

func (t *track) ssrc() uint32 {
	return uint32(t.sender.GetParameters().Encodings[0].SSRC)
}
