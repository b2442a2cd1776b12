/**
 * The sections that cases rest on, by their headings: of the BIPs as they stood in August 2026.
 */
const SECTIONS = {
  14: ['Proposal'],
  31: ['Specification'],
  35: ['Specification'],
  37: ['New messages', 'Extensions to existing messages', 'Filter matching algorithm'],
  61: ['reject', 'Compatibility'],
  111: ['Specification'],
  130: ['Specification'],
  133: ['Specification'],
  144: ['Relay'],
  152: [
    'sendcmpct',
    'MSG_CMPCT_BLOCK',
    'cmpctblock',
    'getblocktxn',
    'Protocol Versioning',
    'Implementation Notes',
  ],
  155: ['Specification', 'Signaling support and compatibility'],
  157: ['Filter Headers', 'getcfilters', 'getcfheaders', 'cfheaders', 'getcfcheckpt', 'cfcheckpt'],
  158: ['Contents'],
  159: ['New service bit', 'Counter-measures for peer fingerprinting'],
  324: [
    'Overview and design',
    'Keys and session ID derivation',
    'Overall handshake pseudocode',
    'Rekeying wrappers: FSChaCha20Poly1305 and FSChaCha20',
    'Overall packet encryption and decryption pseudocode',
    'v2 Bitcoin P2P message structure',
    'Signaling v2 support',
  ],
  330: ['sendtxrcncl'],
  339: ['Specification'],
  434: ['Specification', 'feature message'],
} as const

type Bip = keyof typeof SECTIONS

/** What cases rest on in the sources of Bitcoin Core 29, by file: functions, and constants. */
const SYMBOLS = {
  'init.cpp': ['g_local_services'],
  'net.cpp': [
    'CConnman::InactivityCheck',
    'CConnman::SocketHandlerConnected',
    'V1Transport::GetReceivedMessage',
    'V1Transport::readHeader',
    'V2Transport::GetMessageType',
    'V2Transport::ProcessReceivedKeyBytes',
    'V2Transport::ProcessReceivedPacketBytes',
    'V2Transport::ShouldReconnectV1',
  ],
  'net.h': ['MAX_SUBVERSION_LENGTH'],
  'net_processing.cpp': [
    'CheckHeadersAreContinuous',
    'CheckHeadersPoW',
    'HandleUnconnectingHeaders',
    'HeadersDirectFetchBlocks',
    'MaybeSendFeefilter',
    'MaybeSendPing',
    'MaybeSendSendHeaders',
    'PING_INTERVAL',
    'PrepareBlockFilterRequest',
    'ProcessGetBlockData',
    'ProcessGetData',
    'ProcessMessage',
    'ProcessMessages',
    'SendMessages',
    'TIMEOUT_INTERVAL',
  ],
  'node/protocol_version.h': ['MIN_PEER_PROTO_VERSION'],
  'node/txdownloadman.h': ['GETDATA_TX_INTERVAL'],
  'node/txdownloadman_impl.cpp': ['TxDownloadManagerImpl::GetRequestsToSend'],
  'serialize.h': ['ReadCompactSize'],
  'validation.cpp': ['ChainstateManager::AcceptBlock', 'ContextualCheckBlockHeader', 'IsBlockMutated'],
} as const

type CoreFile = keyof typeof SYMBOLS

/** A section of a BIP, by its heading: `BIP152, "getblocktxn"`. */
export function bip<N extends Bip>(number: N, section: (typeof SECTIONS)[N][number]): string {
  return `BIP${number}, "${section}"`
}

/**
 * A function or a constant of Bitcoin Core, by the file below `src/` that it stands in.
 * @param message the one whose part of the function is meant.
 */
export function core<F extends CoreFile>(
  file: F,
  symbol: (typeof SYMBOLS)[F][number],
  message?: string,
): string {
  return `Core ${file}, ${symbol}${message === undefined ? '' : ` "${message}"`}`
}

/** What Core does with a message. */
export function onMessage(message?: string): string {
  return core('net_processing.cpp', 'ProcessMessage', message)
}

/**
 * The page on the protocol in the Bitcoin wiki, by the heading of a message: what was there before there were
 * BIPs.
 */
export function wiki(message: 'version' | 'inv' | 'getdata' | 'getheaders' | 'notfound'): string {
  return `Bitcoin wiki, Protocol documentation, "${message}"`
}

/** A stream of bytes has no boundaries. */
export const TCP_STREAM = 'RFC 9293, section 2.2'

/** Several, where a rule stands in each, or needs each. */
export function places(...each: readonly string[]): string {
  return each.join('; ')
}

const BIPS: readonly string[] = Object.entries(SECTIONS).flatMap(([number, sections]) =>
  sections.map((section) => `BIP${number}, "${section}"`),
)
const CORE: readonly string[] = Object.entries(SYMBOLS).flatMap(([file, symbols]) =>
  symbols.map((symbol) => `Core ${file}, ${symbol}`),
)

/** Whether a text names a place that can be looked up: a section, a function, and not a BIP as a whole. */
export function isPlace(text: string): boolean {
  return text.split('; ').every((part) => {
    if (BIPS.includes(part) || part === TCP_STREAM) return true
    if (/^Bitcoin wiki, Protocol documentation, "[a-z]+"$/.test(part)) return true
    return CORE.includes(part.replace(/ "[a-z0-9]+"$/, ''))
  })
}
