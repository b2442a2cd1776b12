import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PackedPackages } from '../check-packages/pack.ts'
import { Bitcoind } from './bitcoind.ts'
import { CommandProject } from './command-project.ts'
import { type Against, type Step, stepsAgainst, wholeSteps } from './steps.ts'

// `sapwood` as somebody has it who installs it: from the packed archive, in an empty project, by npx. Every
// command against a real bitcoind and against two nodes of ours, one that follows the bitcoind and one that
// follows the first: its exit code, its output, and its lines against the schema of the archive.

/** Most that an installation may fetch, in bytes. */
const MAX_FETCHED = 10_000_000

let failures = 0
const work = mkdtempSync(join(tmpdir(), 'sapwood-command-'))
const packed = new PackedPackages(work)
const harness = new CommandProject(packed, join(work, 'harness'), ['@sapwood/integration'])
const project = new CommandProject(packed, join(work, 'project'), ['sapwood'])
try {
  const sizes = [...project.sizes()].sort(([, a], [, b]) => b - a)
  const whole = sizes.reduce((sum, [, size]) => sum + size, 0)
  const largest = sizes.slice(0, 6).map(([name, size]) => `${name} ${(size / 1e6).toFixed(2)}`)
  const fetched = project.downloaded()
  const installed = `${(whole / 1e6).toFixed(2)} MB on the disk (${largest.join(', ')})`
  told(fetched < MAX_FETCHED, `${(fetched / 1e6).toFixed(2)} MB fetched, ${installed}`)
  const bitcoind = await Bitcoind.start(harness)
  const known = await prepare(bitcoind)
  const first = await startNode('first', bitcoind.address)
  const second = await startNode('second', first.peer)
  for (const { rpc } of [first, second]) {
    const says = new RegExp(`"height": ${known.tip}`)
    await take({ args: ['rpc', 'waitforblockheight', String(known.tip), '60000', ...rpc], says }, 'our node')
  }
  for (const [index, [against, target]] of [
    ['bitcoind', bitcoind.address] as const,
    ['our node on it', first.peer] as const,
    ['our node on that', second.peer] as const,
  ].entries()) {
    const fresh = known.fresh[index]!
    for (const step of stepsAgainst({ ...known, fresh, target, folder: work })) await take(step, against)
  }
  for (const step of wholeSteps(first.rpc)) await take(step, 'our node on it')
  told((await second.stop()) === 0, 'node ends with 0 by SIGTERM')
  await take({ args: ['rpc', 'stop', ...first.rpc], says: /stopping/ }, 'our node on it')
  told((await first.ended) === 0, 'node ends with 0 by the call stop')

  project.install('sapwood', '@sapwood/integration', '@sapwood/conform')
  const one = ['conform', bitcoind.address, '--only', 'bip31/', '--wait', '60000']
  await take({ args: one, says: / passed, 0 failed/ }, 'bitcoind')
  const relay = ['relay', bitcoind.address, '-n', 'regtest', '--json']
  await take({ args: relay, until: /"type":"relay"/, says: /"type":"relayed"/, json: true }, 'bitcoind')
  await take({ args: ['bitcoind', '--port', '70000'], says: /--port takes/, exitCode: 2 }, 'nobody')
} finally {
  project.end()
  harness.end()
  rmSync(work, { recursive: true, force: true })
}
if (failures > 0) console.error(`${failures} failed`)
process.exitCode = failures === 0 ? 0 : 1

function told(isRight: boolean, what: string): void {
  if (!isRight) failures++
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}`)
}

async function take({ args, says, exitCode = 0, json, ...how }: Step, against: string): Promise<void> {
  const { status, out, err, milliseconds } = await project.call(args, how)
  const line = `${(milliseconds / 1_000).toFixed(1).padStart(5)} s  ${against.padEnd(17)} sapwood ${args.join(' ')}`
  let why = status === exitCode ? '' : `ended with ${String(status)}`
  if (!says.test(out + err)) why = `${why} does not say ${String(says)}`
  try {
    if (json === true) project.lines(out)
  } catch (error) {
    why = `${why} ${(error as Error).message}`
  }
  told(why === '', line)
  if (why !== '') console.error(`${why}\n${out.slice(-2_000)}${err.slice(-2_000)}`)
}

/** A chain with a payment, and three transactions that nobody has been given. */
async function prepare(
  bitcoind: Bitcoind,
): Promise<Omit<Against, 'target' | 'folder' | 'fresh'> & { readonly fresh: readonly string[] }> {
  await bitcoind.rpc('createwallet', 'payer')
  const address = await bitcoind.rpc<string>('getnewaddress')
  await bitcoind.rpc('generatetoaddress', 110, address)
  const txid = await bitcoind.rpc<string>('sendtoaddress', address, 1)
  const [block] = await bitcoind.rpc<string[]>('generatetoaddress', 1, address)
  const height = await bitcoind.rpc<number>('getblockcount')
  await bitcoind.rpc('generatetoaddress', 2, address)
  const fresh: string[] = []
  for (let count = 0; count < 3; count++) {
    const raw = await bitcoind.rpc<string>('createrawtransaction', [], [{ [address]: 1 }])
    const funded = await bitcoind.rpc<{ hex: string }>('fundrawtransaction', raw, { lockUnspents: true })
    const { hex } = await bitcoind.rpc<{ hex: string }>('signrawtransactionwithwallet', funded.hex)
    fresh.push(hex)
  }
  return { txid, block: block!, height, tip: height + 2, script: address, fresh }
}

/** `sapwood node` that follows one peer, and lets others in. */
async function startNode(
  name: string,
  connect: string,
): Promise<{
  readonly peer: string
  readonly rpc: readonly string[]
  readonly ended: Promise<number | null>
  stop(): Promise<number | null>
}> {
  const data = join(work, name)
  const words = ['-regtest', `-datadir=${data}`, '-printtoconsole', '-rpcport=0', `-connect=${connect}`]
  const serves = [
    '-listen',
    '-bind=127.0.0.1',
    '-port=0',
    '-prune=0',
    '-blockfilterindex',
    '-peerblockfilters',
  ]
  const { found, ended, stop } = await project.start(
    ['node', ...words, ...serves],
    /"address":"127\.0\.0\.1:(\d+)","msg":"JSON-RPC is answered"[\s\S]*"listening":\["([^"]+)"/,
  )
  const rpc = ['-n', 'regtest', '--datadir', data, '--rpcport', found[1]!]
  return { peer: found[2]!, rpc, ended, stop }
}
