package main

// How many older packets each packet repeats, and how far apart they are in RTP time.
const (
	redundancy = 2
	redStep    = 960
)

// redPayloader wraps Opus packets in redundancy (RFC 2198, 3): the older ones first, each with a header of four
// bytes; then the new one, whose header is a single byte. Frames come every redStep ticks.
type redPayloader struct {
	older [][]byte
}

func (r *redPayloader) Payload(_ uint16, frame []byte) [][]byte {
	var payload []byte
	for i, block := range r.older {
		offset := (len(r.older) - i) * redStep
		payload = append(payload,
			0x80|opusType, byte(offset>>6), byte(offset<<2)|byte(len(block)>>8), byte(len(block)))
	}
	payload = append(payload, opusType)
	for _, block := range r.older {
		payload = append(payload, block...)
	}
	r.older = append(r.older, frame)
	if len(r.older) > redundancy {
		r.older = r.older[1:]
	}
	return [][]byte{append(payload, frame...)}
}
