import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegtestBitcoind } from '@sapwood/integration'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bitcoinCli } from './support/bitcoin-cli.ts'
import { sapwood } from './support/run-command.ts'

/** A machine with much else to do takes its time to start a bitcoind. */
const HOOK_TIMEOUT = 120_000
const FILES = ['README.md', 'docs/guides/command-line.md', 'packages/cli/README.md']
/** OP_TRUE: what the guide watches. */
const SCRIPT = Uint8Array.of(0x51)

let bitcoind: RegtestBitcoind
beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  await bitcoind.mineTo(SCRIPT, 20)
}, HOOK_TIMEOUT)
afterAll(async () => {
  await bitcoind[Symbol.asyncDispose]()
}, HOOK_TIMEOUT)

const blocks = FILES.flatMap((file) => {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```\n\$ npx sapwood (.*)\n([^$][\s\S]*?)\n```$/gm)].map(
    ([, command, output]) => [file, command!, output!] as const,
  )
})

/** Without what is another each time: times, hashes, ports, numbers of bytes and of messages. */
function shapeOf(line: string): string {
  return line
    .replace(/\d+(\.\d+)? (ms|s|min)\b/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\dT\S+/g, 'DATE')
    .replace(/[0-9a-f]{64}/g, 'HASH')
    .replace(/\b[0-9a-f]{16}\b/g, 'SERVICES')
    .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1:PORT')
    .replace(/\/Satoshi:[^ ]*/g, 'AGENT')
    .replace(/\d+(\.\d+)? k?B\b/g, 'BYTES')
    .replace(/(in|,) \d+ (messages|received)/g, '$1 N $2')
    .replace(/ +/g, ' ')
    .trimEnd()
}

it.concurrent.each(blocks)('%s: `npx sapwood %s` says what is written there', async (_, command, output) => {
  const args = command.replace(/(127\.0\.0\.1|localhost):1\d444/g, `$1:${bitcoind.p2pPort}`).split(' ')
  const { exitCode, out } = await sapwood(args)
  expect(exitCode).toBe(0)
  const said = out.trimEnd().split('\n').map(shapeOf)
  const written = output.split('\n')
  const isCut = written.at(-1)!.trim() === '…'
  if (isCut) written.pop()
  else expect(said.length).toBe(written.length)
  written.forEach((line, index) => {
    const shape = shapeOf(line)
    // A line that ends in … is longer than the page is wide.
    if (shape.endsWith('…')) expect(said[index]!.slice(0, shape.length - 2)).toBe(shape.slice(0, -2))
    else expect(said[index]).toBe(shape)
  })
})

it('each of them has some', () => {
  expect(new Set(blocks.map(([file]) => file))).toEqual(new Set(FILES))
  // The first screen of it.
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').split('\n')
  expect(readme.findIndex((line) => line.includes('npx sapwood peer'))).toBeLessThan(24)
})

/** Of a line of `-netinfo` or `-getinfo`: without what is another each time, the empty columns among it. */
function netinfoShape(line: string): string {
  return line
    .replace(/\d+\.\d+\.\d+\.\d+:\d+/g, 'ADDRESS')
    .replace(/Bitcoin \S+ client \S+|\d+\/Satoshi:\S*/g, 'CORE')
    .replace(/ +/g, ' ')
    .replace(/(?<=\bnpr \S+ 2 ).*(?= ADDRESS)/, '…')
    .replace(/(?<=^(Blocks|Headers): )\d+/, 'N')
    .trim()
}

it('docs/guides/run-a-node.md: bitcoin-cli says of a node what is written there', async () => {
  const guide = readFileSync(new URL('../../../docs/guides/run-a-node.md', import.meta.url), 'utf8')
  const shown = /^```\n(\$ bitcoin-cli [\s\S]*?)\n```$/m.exec(guide)![1]!
  const calls = shown.split(/^\$ /m).slice(1)
  expect(calls.length).toBe(2)
  const data = mkdtempSync(join(tmpdir(), 'sapwood-guide-'))
  const ending = new AbortController()
  let tell: (log: string) => void = () => undefined
  const found = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      tell = (text) => {
        const match = pattern.exec(text)
        if (match !== null) resolve(match)
      }
      tell(log)
    })
  let log = ''
  const words = ['-regtest', `-datadir=${data}`, '-rpcport=0', '-bind=127.0.0.1', '-port=0', '-listen']
  await using dialled = await RegtestBitcoind.start()
  await using dialling = await RegtestBitcoind.start()
  await dialled.mine(12)
  const running = sapwood(['node', ...words, `-connect=${dialled.p2pHostAndPort}`], {
    signal: ending.signal,
    onOut: (text) => tell((log += text)),
  })
  try {
    const [, rpcPort] = await found(/"address":"127.0.0.1:(\d+)","msg":"JSON-RPC is answered"/)
    const [, peerPort] = await found(/"listening":\["127.0.0.1:(\d+)"\]/)
    await dialling.rpc('addnode', `127.0.0.1:${peerPort!}`, 'onetry')
    for (const kind of ['manual', 'inbound']) {
      await found(new RegExp(`"kind":"${kind}"[^\\n]*"msg":"a peer is connected"`))
    }
    const ask = (...args: string[]): Promise<string> => bitcoinCli(bitcoind, `-rpcport=${rpcPort!}`, ...args)
    // What it serves is told when the blocks are there.
    while (!(await ask('-regtest', `-datadir=${data}`, 'getnetworkinfo')).includes('"NETWORK_LIMITED"'));
    for (const call of calls) {
      const [command, ...written] = call.trimEnd().split('\n')
      const args = command!.split(' ').slice(1)
      const says = await ask(
        ...args.map((word) => (word.startsWith('-datadir=') ? `-datadir=${data}` : word)),
      )
      const said = says.split('\n').map(netinfoShape)
      const lines = written.map(netinfoShape)
      if (lines.at(-1) === '…') lines.pop()
      expect(said.slice(0, lines.length)).toEqual(lines)
    }
  } finally {
    ending.abort(new Error('interrupted'))
    await running
    rmSync(data, { recursive: true })
  }
})
