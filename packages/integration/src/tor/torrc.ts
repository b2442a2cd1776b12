/**
 * One `tor.rc` of the private network. The options are those of tor(1); the times are the shortest that make
 * the first consensus in seconds instead of an hour.
 */

/** What every process of the network is told. */
export interface TorrcBase {
  readonly dataDirectory: string
  /** `DirAuthority` lines of the network. */
  readonly authorities: readonly string[]
  /** Names nothing but a loopback address to ask for names. */
  readonly resolvConf: string
}

/** Seconds between two consensuses before the first one, and the two delays in them. */
const INITIAL_INTERVAL = 5
const INITIAL_DELAY = 2
/** Seconds between two consensuses after that, and the two delays in them. */
const INTERVAL = 10
const DELAY = 2

function baseLines({ dataDirectory, authorities, resolvConf }: TorrcBase): readonly string[] {
  return [
    'TestingTorNetwork 1',
    'AssumeReachable 1',
    `DataDirectory ${dataDirectory}`,
    'RunAsDaemon 0',
    'Log notice stdout',
    'SafeLogging 0',
    'ShutdownWaitLength 0',
    // The kernel then refuses whatever would leave the machine.
    'OutboundBindAddress 127.0.0.1',
    'ServerDNSDetectHijacking 0',
    'ServerDNSAllowBrokenConfig 1',
    `ServerDNSResolvConfFile ${resolvConf}`,
    ...authorities.map((line) => `DirAuthority ${line}`),
  ]
}

const EXIT_LINES = [
  'ExitRelay 1',
  'ExitPolicyRejectPrivate 0',
  'ExitPolicy accept *:*',
  // An exit without the newest consensus would refuse, as a general failure, what comes over a relay that is
  // new in it.
  'RefuseUnknownExits 0',
]

/** A relay that lets traffic out to this machine; with `directoryPort` one of the authorities. */
export function relayTorrc(
  base: TorrcBase,
  relay: { readonly nickname: string; readonly orPort: number; readonly directoryPort?: number },
): string {
  const authority =
    relay.directoryPort === undefined
      ? // A client that asked a relay for descriptors which that has not fetched yet would wait long
        // before it asks again.
        ['DirCache 0']
      : [
          `DirPort 127.0.0.1:${relay.directoryPort}`,
          'AuthoritativeDirectory 1',
          'V3AuthoritativeDirectory 1',
          'ContactInfo nobody@localhost',
          `TestingV3AuthInitialVotingInterval ${INITIAL_INTERVAL}`,
          `TestingV3AuthInitialVoteDelay ${INITIAL_DELAY}`,
          `TestingV3AuthInitialDistDelay ${INITIAL_DELAY}`,
          `V3AuthVotingInterval ${INTERVAL}`,
          `V3AuthVoteDelay ${DELAY}`,
          `V3AuthDistDelay ${DELAY}`,
          'TestingDirAuthVoteExit *',
          'TestingDirAuthVoteHSDir *',
          'TestingDirAuthVoteGuard *',
          'TestingMinExitFlagThreshold 0',
        ]
  const lines = [
    ...baseLines(base),
    `Nickname ${relay.nickname}`,
    'Address 127.0.0.1',
    `ORPort 127.0.0.1:${relay.orPort}`,
    'SocksPort 0',
    ...EXIT_LINES,
    ...authority,
  ]
  return `${lines.join('\n')}\n`
}

/**
 * A client: its SOCKS port tells extended errors, its control port takes a cookie and, if set, a password.
 */
export function clientTorrc(
  base: TorrcBase,
  client: {
    readonly socksPort: number
    readonly controlPort: number
    readonly hashedPassword: string | undefined
  },
): string {
  const lines = [
    ...baseLines(base),
    `SocksPort 127.0.0.1:${client.socksPort} ExtendedErrors`,
    `ControlPort 127.0.0.1:${client.controlPort}`,
    'CookieAuthentication 1',
    ...(client.hashedPassword === undefined ? [] : [`HashedControlPassword ${client.hashedPassword}`]),
    'ClientRejectInternalAddresses 0',
    // A stream then has one circuit, which events can be read by, and not two that share its load.
    'ConfluxEnabled 0',
  ]
  return `${lines.join('\n')}\n`
}
