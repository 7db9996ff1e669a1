package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// patience is how long joining may take.
const patience = 15 * time.Second

// seat is a participant in its room.
type seat struct {
	who    string
	tracks []*track
	peer   *webrtc.PeerConnection
	// resource is where the session is ended, with bearer.
	resource, bearer string
	done             chan struct{}
	playing          sync.WaitGroup
}

// join publishes what the person has, without sending anything yet.
func join(server, clips string, p person) (*seat, error) {
	s := &seat{who: fmt.Sprintf("p%d", p.Number), done: make(chan struct{})}
	for _, name := range []string{p.Audio, p.Video} {
		if name == "" {
			continue
		}
		t, err := newTrack(clips, s.who, name, s.who)
		if err != nil {
			return nil, err
		}
		s.tracks = append(s.tracks, t)
	}
	if len(s.tracks) == 0 {
		return nil, errors.New("neither video nor audio")
	}
	var err error
	if s.bearer, err = token(p.Room, s.who, fmt.Sprintf("Participant %d", p.Number)); err != nil {
		return nil, err
	}
	if s.peer, err = s.newPeer(); err != nil {
		return nil, err
	}
	if err := s.connect(server); err != nil {
		s.leave()
		return nil, err
	}
	say("joined", map[string]any{"who": s.who, "room": p.Room})
	return s, nil
}

// newPeer is a connection that can send the tracks' codecs, on loopback alone.
func (s *seat) newPeer() (*webrtc.PeerConnection, error) {
	media, interceptors, settings := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	for _, t := range s.tracks {
		for _, offered := range t.codec.offered {
			if err := media.RegisterCodec(offered, t.codec.kind); err != nil {
				return nil, err
			}
		}
	}
	responder, err := nack.NewResponderInterceptor()
	if err != nil {
		return nil, err
	}
	interceptors.Add(responder)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings),
	)
	peer, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	for _, t := range s.tracks {
		only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
		transceiver, err := peer.AddTransceiverFromTrack(t.local, only)
		if err != nil {
			return nil, errors.Join(err, peer.Close())
		}
		t.sender = transceiver.Sender()
		go t.listen(s.who)
	}
	return peer, nil
}

// connect exchanges descriptions with the server, and waits for the connection.
func (s *seat) connect(server string) error {
	connected := make(chan webrtc.PeerConnectionState, 8)
	s.peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		select {
		case connected <- state:
		default:
		}
	})
	offer, err := s.peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(s.peer)
	if err := s.peer.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	answer, err := s.exchange(server, s.peer.LocalDescription().SDP)
	if err != nil {
		return err
	}
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}
	if err := s.peer.SetRemoteDescription(description); err != nil {
		return err
	}
	late := time.After(patience)
	for {
		select {
		case state := <-connected:
			if state == webrtc.PeerConnectionStateConnected {
				return nil
			}
			if state == webrtc.PeerConnectionStateFailed {
				return errors.New("no connection")
			}
		case <-late:
			return errors.New("the connection takes too long")
		}
	}
}

// exchange posts the offer, and gives the answer (RFC 9725, 4.2).
func (s *seat) exchange(server, offer string) (string, error) {
	base, err := url.Parse(strings.Replace(server, "ws", "http", 1))
	if err != nil {
		return "", err
	}
	response, body, err := s.request(http.MethodPost, base.JoinPath("whip/v1").String(), offer)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", response.Status, body)
	}
	resource, err := response.Location()
	if err != nil {
		return "", err
	}
	s.resource = resource.String()
	return body, nil
}

func (s *seat) request(method, to, body string) (*http.Response, string, error) {
	request, err := http.NewRequest(method, to, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Authorization", "Bearer "+s.bearer)
	request.Header.Set("Content-Type", "application/sdp")
	client := http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response, string(answer), err
}

// play sends all tracks; begun is done with when each of them has sent something.
func (s *seat) play(zero time.Time, begun *sync.WaitGroup) {
	for _, t := range s.tracks {
		begun.Add(1)
		report := func(packets []rtcp.Packet) error { return s.peer.WriteRTCP(packets) }
		s.playing.Go(func() { t.play(zero, report, s.done, begun.Done) })
	}
}

// leave ends the session.
func (s *seat) leave() {
	close(s.done)
	s.playing.Wait()
	left := map[string]any{"who": s.who}
	for _, t := range s.tracks {
		left[t.codec.kind.String()] = map[string]any{
			"codec": t.codec.sent().MimeType, "ssrc": t.ssrc(), "frames": t.frames.Load(),
			"packets": t.packets.Load(), "keyframes_asked": t.keyframesAsked.Load(),
		}
	}
	if s.resource != "" {
		if response, body, err := s.request(http.MethodDelete, s.resource, ""); err != nil {
			left["error"] = err.Error()
		} else if response.StatusCode != http.StatusOK {
			left["error"] = response.Status + " " + body
		}
	}
	if err := s.peer.Close(); err != nil {
		left["error"] = err.Error()
	}
	say("left", left)
}
