package main

import (
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

const opusType = 111

// codec is what a codec is called in SDP, and how its frames are packetized. A participant offers what it sends and
// nothing else, so that there is nothing to choose.
type codec struct {
	kind      webrtc.RTPCodecType
	offered   []webrtc.RTPCodecParameters
	payloader rtp.Payloader
}

// sent is the codec that the track is in: the first of those offered.
func (c codec) sent() webrtc.RTPCodecCapability {
	return c.offered[0].RTPCodecCapability
}

func codecOf(name string) (codec, error) {
	opus := audio(webrtc.MimeTypeOpus, opusType, 48_000, 2, "minptime=10;useinbandfec=1")
	switch name {
	case "vp8":
		return video(webrtc.MimeTypeVP8, 96, "", &codecs.VP8Payloader{EnablePictureID: true}), nil
	case "av1":
		return video(webrtc.MimeTypeAV1, 35, "", &codecs.AV1Payloader{}), nil
	case "h264":
		fmtp := "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		return video(webrtc.MimeTypeH264, 108, fmtp, &codecs.H264Payloader{}), nil
	case "h265":
		return video(webrtc.MimeTypeH265, 116, "", &codecs.H265Payloader{}), nil
	case "opus":
		return sound(&codecs.OpusPayloader{}, opus), nil
	case "red":
		return sound(&redPayloader{}, audio("audio/red", 63, 48_000, 2, "111/111"), opus), nil
	case "pcmu":
		return sound(&codecs.G711Payloader{}, audio(webrtc.MimeTypePCMU, 0, 8_000, 0, "")), nil
	case "pcma":
		return sound(&codecs.G711Payloader{}, audio(webrtc.MimeTypePCMA, 8, 8_000, 0, "")), nil
	default:
		return codec{}, fmt.Errorf("unknown codec %q", name)
	}
}

func video(mime string, number webrtc.PayloadType, fmtp string, payloader rtp.Payloader) codec {
	parameters := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType:     mime,
			ClockRate:    90_000,
			SDPFmtpLine:  fmtp,
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
		},
		PayloadType: number,
	}
	return codec{webrtc.RTPCodecTypeVideo, []webrtc.RTPCodecParameters{parameters}, payloader}
}

func sound(payloader rtp.Payloader, offered ...webrtc.RTPCodecParameters) codec {
	return codec{webrtc.RTPCodecTypeAudio, offered, payloader}
}

func audio(mime string, number webrtc.PayloadType, clock uint32, channels uint16, fmtp string) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: clock, Channels: channels, SDPFmtpLine: fmtp,
		},
		PayloadType: number,
	}
}
