import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, type Program, RegtestBitcoind } from '@sapwood/integration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from './support/build-command.ts'
import { TMUX } from './support/programs.ts'
import { Terminal } from './support/terminal.ts'

/** A machine that has no tmux installs it first. */
const HOOK_TIMEOUT = 300_000
/** What stands on the terminal before, and has to stand there again. */
const BEFORE = 'this was here before'

let tmux: Program
let command: string
let bitcoind: RegtestBitcoind
const data = mkdtempSync(join(tmpdir(), 'sapwood-view-'))

beforeAll(async () => {
  const parts = await Promise.all([findProgram(TMUX), buildCommand(), RegtestBitcoind.start()])
  tmux = parts[0]
  command = parts[1]
  bitcoind = parts[2]
  await bitcoind.mine(3)
}, HOOK_TIMEOUT)
afterAll(async () => {
  await bitcoind[Symbol.asyncDispose]()
  rmSync(data, { recursive: true })
}, HOOK_TIMEOUT)

/** `sapwood node` in a shell, which then tells its exit code and how the terminal was left. */
async function openNode(columns = 110, rows = 30): Promise<Terminal> {
  const words = `-regtest -datadir=${data} -connect=${bitcoind.p2pHostAndPort} -rpcport=0 -listen=0`
  const after = 'echo "ended with $?"; stty -a | tr " " "\\n" | grep -E "^-?(icanon|echo);?$"; exec cat'
  return Terminal.open(
    tmux,
    `sh -c 'echo ${BEFORE}; ${process.execPath} ${command} node ${words}; ${after}'`,
    columns,
    rows,
  )
}

describe('the live view, on a real terminal', () => {
  it('shows the chain and the peers, does what is typed, and goes with the size', async () => {
    await using terminal = await openNode()
    const screen = await terminal.shows(/height 3 .* up to 3\n[\s\S]*\/Satoshi:/)
    const lines = screen.split('\n')
    expect(lines[0]).toMatch(/^sapwood regtest {2}.* 1 peers \(0 in, 1 out\) {2}.*\/s in, .*\/s out$/)
    expect(lines[1]).toMatch(/^height 3 {2}[0-9a-f]{16}… {2}\d+ \w+ old {2}blocks kept up to 3$/)
    expect(lines[3]).toMatch(/^<-> {2}type +net +v +hb +ping +sent +received +age +id +address +version$/)
    expect(lines[4]).toMatch(/^out {2}manual +npr +v2 .* 127\.0\.0\.1:\d+ +70016\/Satoshi:/)
    expect(screen).toContain('q quit  up/down select')
    expect(screen).not.toContain(BEFORE)

    await bitcoind.mine(1)
    await terminal.shows(/height 4 [\s\S]*a new block/)
    await terminal.press('p')
    await terminal.shows(/^sapwood regtest {2}paused/)
    await terminal.press('p')
    await terminal.shows(/^sapwood regtest {2}(?!paused).* 1 peers[\s\S]*goes on[\s\S]*a peer is connected/)
    await terminal.press('a', '127.0.0.1:1')
    await terminal.shows(/add: 127\.0\.0\.1:1_/)
    await terminal.press('Escape')
    await terminal.shows(/q quit/)
    await terminal.press('s')
    await terminal.shows(/sorted by ping/)
    await terminal.press('d')
    await terminal.shows(/peer \d+ is let go/)

    await terminal.resize(60, 12)
    const small = await terminal.shows(/^sapwood regtest[^\n]{0,50}\n/)
    const rows = small.split('\n')
    expect(rows.length).toBeLessThanOrEqual(12)
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(60)
    await terminal.press('q')
    await terminal.shows(/ended with 0/)
  })

  it.each([
    ['q', async (terminal: Terminal) => terminal.press('q')],
    ['Ctrl-C', async (terminal: Terminal) => terminal.press('C-c')],
    ['SIGTERM', () => process.kill(pidOfNode(), 'SIGTERM')],
    ['SIGHUP', () => process.kill(pidOfNode(), 'SIGHUP')],
  ])('gives the terminal back when it ends by %s', async (_, end) => {
    await using terminal = await openNode()
    await terminal.shows(/q quit/)
    expect(await terminal.ask("display-message -p '#{alternate_on} #{cursor_flag}'")).toBe('1 0')
    await end(terminal)
    const screen = await terminal.shows(/ended with \d+\n-?icanon;?\n-?echo/)
    expect(screen).toContain(BEFORE)
    expect(screen).toContain('ended with 0')
    // What is typed is echoed again, and read by lines; the cursor is there.
    expect(screen).toMatch(/^icanon/m)
    expect(screen).toMatch(/^echo/m)
    expect(await terminal.ask("display-message -p '#{alternate_on} #{cursor_flag}'")).toBe('0 1')
  })
})

/** The newest line of its log says it. */
function pidOfNode(): number {
  const last = readFileSync(join(data, 'regtest/debug.log'), 'utf8').trimEnd().split('\n').at(-1)!
  return (JSON.parse(last) as { pid: number }).pid
}
