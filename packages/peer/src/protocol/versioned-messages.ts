import { type Message, ProtocolVersion } from '@sapwood/wire-codec'

/** Messages that came with a version of the protocol: whoever speaks an older one is not sent them. */
const since: Partial<Record<Message['type'], number>> = {
  sendheaders: ProtocolVersion.SEND_HEADERS,
  feefilter: ProtocolVersion.FEE_FILTER,
  sendcmpct: ProtocolVersion.SHORT_IDS_BLOCKS,
  wtxidrelay: ProtocolVersion.WTXID_RELAY,
}

const versions: ReadonlyMap<string, number> = new Map(Object.entries(since))

/** Whether a remote with which `commonVersion` is spoken knows messages of a type. */
export function isKnownTo(commonVersion: number, type: string): boolean {
  return commonVersion >= (versions.get(type) ?? 0)
}
