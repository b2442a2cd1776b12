import { join } from 'node:path'

/** One call of the command, and what has to come of it. */
export interface Step {
  readonly args: readonly string[]
  /** What its output has to say. */
  readonly says: RegExp
  /** Default: 0. */
  readonly exitCode?: number
  /** Its lines are held against the schema. */
  readonly json?: boolean
  readonly input?: string
  /** It is interrupted when it says this. */
  readonly until?: RegExp
}

/** What all commands are tried on that ask one node. */
export interface Against {
  /** `host:port` of the node. */
  readonly target: string
  /** Of a block with a payment to `script`. */
  readonly block: string
  readonly height: number
  /** Of the best block. */
  readonly tip: number
  readonly txid: string
  readonly script: string
  /** A transaction that nobody has been given. */
  readonly fresh: string
  /** Where files go. */
  readonly folder: string
}

/** Every command that goes to one node, each as lines of JSON. */
export function stepsAgainst(against: Against): readonly Step[] {
  const { target, block, height, tip, txid, script, fresh, folder } = against
  const files = join(folder, target.replace(':', '-'))
  const network = ['-n', 'regtest']
  const from = [...network, '-q', '-c', target]
  const capture = ['capture', target, ...network, '--dir', files, '--pcapng', `${files}.pcapng`]
  const steps: readonly Step[] = [
    { args: ['peer', target, ...network, '--wait', '1'], says: /"step":"end"[^\n]*"code":"requested"/ },
    { args: ['peer', target, ...network, '--v1', '--no-addresses'], says: /"protocol":"v1"/ },
    {
      args: ['peer', target, ...network, '--watch', '--no-addresses'],
      until: /"step":"headers"/,
      exitCode: 130,
      says: /"command":"verack"/,
    },
    { args: ['reach', target, ...network], says: /"transport":"v2","reached":true/ },
    { args: ['headers', ...from], says: new RegExp(`"height":${tip},`) },
    { args: ['block', String(height), ...from], says: new RegExp(`"hash":"${block}"`) },
    { args: ['block', block, ...from], says: new RegExp(`"height":${height},`) },
    { args: ['tx', txid, '--block', block, ...from], says: new RegExp(`"txid":"${txid}"`) },
    { args: ['filter', String(height), ...from], says: /"filter":"[0-9a-f]+"/ },
    { args: ['watch', script, ...from, '--from', '1', '--once'], says: new RegExp(`"txid":"${txid}"`) },
    {
      args: ['crawl', ...network, '-q', '--from', target, '--wait', '1'],
      says: /"type":"summary"[^\n]*"reached":1/,
    },
    { args: ['send', ...from, '-'], input: fresh, says: /"type":"requested"/ },
    { args: [...capture, '--for', '1'], says: /"type":"capture"/ },
    { args: ['decode', join(files, 'msgs_recv.dat')], says: /"command":"version"/ },
    {
      args: ['replay', join(files, 'msgs_sent.dat'), target, ...network, '--at-once', '--wait', '1'],
      says: /"direction":"received","command":"version"/,
    },
  ]
  return steps.map((step) => ({ ...step, args: [...step.args, '--json'], json: true }))
}

/** What is asked of a node of ours that runs, and of nobody. @param rpc Where it answers. */
export function wholeSteps(rpc: readonly string[]): readonly Step[] {
  return [
    { args: ['netinfo', ...rpc], says: /<-> +type/ },
    { args: ['netinfo', ...rpc, '--json'], says: /"type":"netpeer"/, json: true },
    { args: ['rpc', 'getblockchaininfo', ...rpc], says: /"chain": "regtest"/ },
    { args: ['rpc', 'getpeerinfo', ...rpc, '--json'], says: /"type":"result"/, json: true },
    { args: ['rpc', 'nonsense', ...rpc], says: /-32601/, exitCode: 1 },
    { args: ['decode', '1.2.3.4:8333', '--json'], says: /"type":"address"/, json: true },
    { args: ['decode', '-'], input: 'ff', says: /sapwood: /, exitCode: 1 },
    { args: ['--version'], says: /^\d+\.\d+\.\d+\n$/ },
    { args: ['--help'], says: /Exit codes: 0 done/ },
    { args: ['peer', '127.0.0.1:1', '-n', 'regtest'], says: /dial/, exitCode: 3 },
    { args: ['nonsense'], says: /--help/, exitCode: 2 },
    { args: ['observe', '--nats', '127.0.0.1:1', '127.0.0.1:2'], says: /npm install @nats-io/, exitCode: 1 },
    {
      args: ['crawl', '-n', 'regtest', '--from', '127.0.0.1:2', '--nats', '127.0.0.1:1'],
      says: /npm install @nats-io/,
      exitCode: 1,
    },
    { args: ['relay', '--public'], says: /npm install @sapwood\/integration/, exitCode: 1 },
    { args: ['bitcoind'], says: /npm install @sapwood\/integration/, exitCode: 1 },
    { args: ['conform', '127.0.0.1:1'], says: /npm install @sapwood\/conform/, exitCode: 1 },
  ]
}
