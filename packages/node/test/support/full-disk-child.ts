import { execFileSync } from 'node:child_process'
import { rmSync, writeSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { blockHash, hashToHex } from '@sapwood/wire-codec'
import { createNode, type NodeHandle, openStore } from '../../src/index.ts'
import { mineHeaders, regtest } from './make-chain.ts'

// A node in a process of its own whose disk fills up and has room again. Its arguments: the folder, which is
// a small disk of its own (`disk`) or not (`limit`: files may then grow no further, by RLIMIT_FSIZE), and
// whether the disk is full at the end.
const [folder, way, ending] = process.argv.slice(2) as [string, 'disk' | 'limit', 'room' | 'full']
const filler = join(folder, 'filler')
const headers = mineHeaders(regtest.genesis, 3_000)
const said: Record<string, unknown> = {}

function fill(): void {
  if (way === 'limit') return limitFiles('110000')
  const file = openSync(filler, 'w')
  const page = new Uint8Array(4_096)
  try {
    for (;;) writeSync(file, page)
  } catch {
    closeSync(file)
  }
}

function free(): void {
  if (way === 'limit') limitFiles('unlimited')
  else rmSync(filler)
}

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}

async function codeOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  )
}

async function start(): Promise<{ readonly node: NodeHandle; readonly close: () => Promise<void> }> {
  const store = await openStore(join(folder, 'store'))
  const node = await createNode({ network: regtest, connect: [] }, { store })
  return { node, close: () => store.close() }
}

const { node, close } = await start()
await node.chain.submitHeaders(headers.slice(0, 1_000))
said['before'] = await codeOf(node.bans.ban('203.0.113.1'))
fill()
await node.chain.submitHeaders(headers.slice(1_000, 2_000))
const reason = 'r'.repeat(200_000)
said['whileFull'] = await codeOf(node.bans.ban('203.0.113.2', { reason }))
said['stillFull'] = await codeOf(node.bans.ban('203.0.113.3', { reason }))
await node.bans.unban('203.0.113.2').catch(() => undefined)
await node.bans.unban('203.0.113.3').catch(() => undefined)
if (ending === 'room') free()
said['room'] = await codeOf(node.bans.ban('203.0.113.4'))
await node.chain.submitHeaders(headers.slice(2_000))
said['stop'] = await codeOf(node.stop())
await close()
if (ending === 'full') free()

const again = await start()
said['height'] = again.node.chain.tip().height
said['tip'] = again.node.chain.tip().hash.length === 32 && hashToHex(again.node.chain.tip().hash)
said['expectedTip'] = hashToHex(blockHash(headers[(said['height'] as number) - 1]!))
said['bans'] = again.node.bans.bans().map(({ text }) => text)
await again.node.stop()
await again.close()
process.stdout.write(`${JSON.stringify(said)}\n`)
