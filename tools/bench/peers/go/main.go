// What `npm run bench -- peers` holds our packages against, in Go. Each line of the standard input is one piece of work and how often to
// do it; the answer is the seconds that one took. One thread does it all.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/btcsuite/btcd/v2transport"
)

const regtest = v2transport.BitcoinNet(0xdab5bffa)

// oneWay is what one side has sent and the other has not read.
type oneWay struct {
	lock  sync.Mutex
	ready *sync.Cond
	bytes []byte
}

func newOneWay() *oneWay {
	way := &oneWay{}
	way.ready = sync.NewCond(&way.lock)
	return way
}

func (way *oneWay) write(sent []byte) (int, error) {
	way.lock.Lock()
	way.bytes = append(way.bytes, sent...)
	way.lock.Unlock()
	way.ready.Signal()
	return len(sent), nil
}

func (way *oneWay) read(into []byte) (int, error) {
	way.lock.Lock()
	defer way.lock.Unlock()
	for len(way.bytes) == 0 {
		way.ready.Wait()
	}
	count := copy(into, way.bytes)
	way.bytes = way.bytes[count:]
	if len(way.bytes) == 0 {
		way.bytes = nil
	}
	return count, nil
}

// side is one end of a connection in memory.
type side struct{ in, out *oneWay }

func (s side) Read(into []byte) (int, error)  { return s.in.read(into) }
func (s side) Write(sent []byte) (int, error) { return s.out.write(sent) }

// pair is two peers whose handshake is done, without garbage.
func pair() (*v2transport.Peer, *v2transport.Peer) {
	there, back := newOneWay(), newOneWay()
	one, other := v2transport.NewPeer(), v2transport.NewPeer()
	one.UseReadWriter(side{back, there})
	other.UseReadWriter(side{there, back})
	done := make(chan error)
	go func() {
		if err := other.RespondV2Handshake(0, regtest); err != nil {
			done <- err
			return
		}
		done <- other.CompleteHandshake(false, nil, regtest)
	}()
	must(one.InitiateV2Handshake(0))
	must(one.CompleteHandshake(true, nil, regtest))
	must(<-done)
	return one, other
}

func pipe(one, other *v2transport.Peer, contents []byte, count int) {
	for i := 0; i < count; i++ {
		_, _, err := one.V2EncPacket(contents, nil, false)
		must(err)
		received, err := other.V2ReceivePacket(nil)
		must(err)
		if len(received) != len(contents) {
			panic("bytes were lost")
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func main() {
	runtime.GOMAXPROCS(1)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		count := number(words[1])
		start := time.Now()
		switch words[0] {
		case "handshake":
			for i := 0; i < count; i++ {
				pair()
			}
		case "pipe":
			one, other := pair()
			contents := make([]byte, 1+number(words[2]))
			start = time.Now()
			pipe(one, other, contents, count)
		default:
			panic("no such work: " + words[0])
		}
		fmt.Println(time.Since(start).Seconds() / float64(count))
	}
}
