/**
 * A connection as Wireshark reads it: pcapng with made-up TCP segments that hold the messages in the clear,
 * in v1's framing, whatever crossed the wire.
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
 * @module
 */

import { concatBytes, type PeerAddress } from '@sapwood/wire-codec'

const SECTION_HEADER = 0x0a0d0d0a
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
/** Packets begin with their IP header (LINKTYPE_RAW). */
const LINKTYPE_RAW = 101
const OPTION_COMMENT = 1
/** Bytes of a message in one segment: with its headers less than the 65,535 of an IPv4 packet. */
const MAX_SEGMENT = 60_000
const IP_HEADER = 20
const TCP_HEADER = 20
const TCP = 6
const SYN = 0x02
const ACK = 0x10
const PSH = 0x08
const FIN = 0x01
/** An address of nobody, for what is none of IPv4 (RFC 5737, TEST-NET-1). */
const LOCAL = Uint8Array.of(192, 0, 2, 1)
const REMOTE = Uint8Array.of(192, 0, 2, 2)
const LOCAL_PORT = 49_152
const COMMENT =
  'Decrypted by sapwood: the TCP segments are made up, the messages are in the framing of the v1 transport.'

/** Which side said something. */
export type Side = 'received' | 'sent'

/** Makes the blocks of one file, in the order in which they are asked for. */
export class PcapngWriter {
  readonly #remote: Uint8Array
  readonly #remotePort: number
  /** Sequence number of the next byte of each side. */
  readonly #next: Record<Side, number> = { received: 1, sent: 1 }

  /**
   * @param address Whose IPv4 address is shown.
   * @param port Where Wireshark looks for Bitcoin: the network's
   * default port.
   */
  constructor(address: PeerAddress, port: number) {
    this.#remote = address.network === 'ipv4' ? address.bytes : REMOTE
    this.#remotePort = port
  }

  /**
   * The beginning of the file, and the three packets of TCP's handshake.
   * @param at Microseconds since 1970.
   */
  begin(at: number): Uint8Array {
    const section = concatBytes(
      u32(BYTE_ORDER_MAGIC),
      u16(1),
      u16(0),
      u32(0xffffffff),
      u32(0xffffffff),
      comment(),
    )
    const description = concatBytes(u16(LINKTYPE_RAW), u16(0), u32(0))
    return concatBytes(
      block(SECTION_HEADER, section),
      block(INTERFACE_DESCRIPTION, description),
      this.#packet(at, 'sent', SYN, new Uint8Array(0), { sequence: 0, acknowledged: 0 }),
      this.#packet(at, 'received', SYN | ACK, new Uint8Array(0), { sequence: 0, acknowledged: 1 }),
      this.#packet(at, 'sent', ACK, new Uint8Array(0)),
    )
  }

  /** A message in v1's framing, in as many segments as it takes. @param at Microseconds since 1970. */
  message(at: number, side: Side, frame: Uint8Array): Uint8Array {
    const packets: Uint8Array[] = []
    for (let offset = 0; offset < frame.length; offset += MAX_SEGMENT) {
      const segment = frame.subarray(offset, offset + MAX_SEGMENT)
      packets.push(this.#packet(at, side, ACK | PSH, segment))
      this.#next[side] = (this.#next[side] + segment.length) >>> 0
    }
    return concatBytes(...packets)
  }

  /** The connection's end. @param at Microseconds since 1970. */
  end(at: number): Uint8Array {
    return this.#packet(at, 'sent', FIN | ACK, new Uint8Array(0))
  }

  #packet(
    at: number,
    side: Side,
    flags: number,
    payload: Uint8Array,
    numbers: { readonly sequence: number; readonly acknowledged: number } = {
      sequence: this.#next[side],
      acknowledged: this.#next[side === 'sent' ? 'received' : 'sent'],
    },
  ): Uint8Array {
    const [from, to] = side === 'sent' ? [LOCAL, this.#remote] : [this.#remote, LOCAL]
    const [fromPort, toPort] =
      side === 'sent' ? [LOCAL_PORT, this.#remotePort] : [this.#remotePort, LOCAL_PORT]
    const tcp = new Uint8Array(TCP_HEADER)
    const view = new DataView(tcp.buffer)
    view.setUint16(0, fromPort)
    view.setUint16(2, toPort)
    view.setUint32(4, numbers.sequence)
    view.setUint32(8, numbers.acknowledged)
    tcp[12] = (TCP_HEADER / 4) << 4
    tcp[13] = flags
    view.setUint16(14, 0xffff)
    const pseudo = concatBytes(from, to, Uint8Array.of(0, TCP), u16be(TCP_HEADER + payload.length))
    view.setUint16(16, checksum(concatBytes(pseudo, tcp, payload)))
    const packet = concatBytes(ipHeader(from, to, TCP_HEADER + payload.length), tcp, payload)
    const micros = BigInt(Math.round(at))
    return block(
      ENHANCED_PACKET,
      concatBytes(
        u32(0),
        u32(Number(micros >> 32n)),
        u32(Number(micros & 0xffffffffn)),
        u32(packet.length),
        u32(packet.length),
        padded(packet),
      ),
    )
  }
}

function ipHeader(from: Uint8Array, to: Uint8Array, length: number): Uint8Array {
  const header = new Uint8Array(IP_HEADER)
  const view = new DataView(header.buffer)
  header[0] = 0x45
  view.setUint16(2, IP_HEADER + length)
  // Not to be cut in pieces; 64 hops.
  view.setUint16(6, 0x4000)
  header[8] = 64
  header[9] = TCP
  header.set(from, 12)
  header.set(to, 16)
  view.setUint16(10, checksum(header))
  return header
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Type, length, body, length again; the body in whole words. */
function block(type: number, body: Uint8Array): Uint8Array {
  const length = u32(body.length + 12)
  return concatBytes(u32(type), length, body, length)
}

function comment(): Uint8Array {
  const text = new TextEncoder().encode(COMMENT)
  return concatBytes(u16(OPTION_COMMENT), u16(text.length), padded(text), u32(0))
}

function padded(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >>> 8)
}

function u16be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff)
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
