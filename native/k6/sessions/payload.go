package sessions

import "encoding/binary"

// appendPayload puts it behind a record's common part: the revision of an answer, or that a read's attempt asks
// for at least, and how often an action was sent by its outcome.
func appendPayload(buffer []byte, revision, sends uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(buffer, revision), sends)
}
