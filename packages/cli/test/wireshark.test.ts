import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram, RegtestBitcoind } from '@sapwood/integration'
import { expect, it } from 'vitest'
import { TSHARK } from './support/programs.ts'
import { sapwood } from './support/run-command.ts'

/** A machine that has none installs it first. */
const TIMEOUT = 300_000
const FIELDS = [
  'tcp.srcport',
  'bitcoin.command',
  'bitcoin.version.start_height',
  '_ws.malformed',
  'tcp.analysis.flags',
]

it(
  "Wireshark's own dissector reads the pcapng of a v2 connection, message by message",
  async () => {
    const tshark = await findProgram(TSHARK)
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(3)
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-tshark-'))
    const pcapng = join(folder, 'messages.pcapng')
    const target = bitcoind.p2pHostAndPort
    const files = ['--dir', folder, '--pcapng', pcapng]
    try {
      const { lines } = await sapwood([
        'capture',
        target,
        '-n',
        'regtest',
        ...files,
        '--for',
        '0.4',
        '--json',
      ])
      const [file, ...before] = tshark.command
      const fields = FIELDS.flatMap((name) => ['-e', name])
      const { stdout } = await promisify(execFile)(
        file!,
        [...before, '-r', pcapng, '-Y', 'bitcoin', '-T', 'fields', ...fields],
        { env: { ...process.env, ...tshark.environment, HOME: folder } },
      )
      const rows = stdout
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => line.split('\t'))
      expect(rows.length).toBe(lines()[0]!['messages'])
      // Whole, and in segments that follow each other.
      for (const [, command, , malformed, flags] of rows)
        expect([command, malformed, flags]).toEqual([command, '', ''])
      const commands = (isOurs: boolean): unknown[] =>
        rows.filter(([from]) => (from !== '18444') === isOurs).map(([, command]) => command)
      for (const [isOurs, name] of [
        [true, 'msgs_sent.dat'],
        [false, 'msgs_recv.dat'],
      ] as const) {
        const kept = (await sapwood(['decode', join(folder, name), '--json'])).lines()
        expect(commands(isOurs)).toEqual(kept.map(({ command }) => command))
      }
      const heights = rows.filter(([, command]) => command === 'version').map(([, , height]) => height)
      expect(heights).toEqual(['0', '3'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  TIMEOUT,
)
