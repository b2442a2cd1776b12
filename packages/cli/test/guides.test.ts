import { readFileSync } from 'node:fs'
import { RegtestBitcoind } from '@sapwood/integration'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
