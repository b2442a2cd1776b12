import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultyRelay, findBitcoind, freePort, RegtestBitcoind, startRegtestPeer } from '@sapwood/integration'
import { TestPeer } from '@sapwood/integration/test-peer'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { conform } from '../src/cli/conform.ts'
import { allCases, type ConformCase, diallingCases, listeningCases, type Report } from '../src/index.ts'
import { ALL_SERVICES } from './all-services.ts'

let folder = ''
const said: string[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-'))
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((text: string) => void said.push(text))
  }
})
afterAll(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const inFolder = (name: string): string => join(folder, name)
const reportIn = async (name: string): Promise<Report> =>
  JSON.parse(await readFile(inFolder(name), 'utf8')) as Report

describe('the cases', () => {
  it('are 200 and more for software that listens and 60 for software that dials, each under a name of its own', () => {
    expect(listeningCases.length).toBeGreaterThanOrEqual(200)
    expect(diallingCases.length).toBeGreaterThanOrEqual(60)
    expect(new Set(allCases.map(({ name }) => name)).size).toBe(allCases.length)
    for (const { name, level, accepts, source } of allCases) {
      expect(name).toMatch(/^[a-z0-9]+(\/[a-z0-9-]+)+$/i)
      expect(source.says).toMatch(/\.$/)
      // What no text decides accepts everything, and what one does accepts something.
      expect(accepts.length === 0).toBe(level === 'info')
    }
  })
})

it('each BIP that the suite is about has cases that can fail', () => {
  const bips = [31, 35, 37, 61, 111, 130, 133, 144, 152, 155, 157, 159, 324, 330, 339, 434]
  const failing = allCases.filter(({ accepts }) => accepts.length > 0)
  const without = bips.filter((bip) => !failing.some(({ name }) => name.startsWith(`bip${bip}/`)))
  expect(without).toEqual([])
})

describe('conform', () => {
  it('passes the reference, on both transports', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ALL_SERVICES })
    const json = ['--json', inFolder('whole.json')]
    const code = await conform([bitcoind.p2pHostAndPort, '--strict', '--quiet', '--wait', '20000', ...json])
    const { agent, results } = await reportIn('whole.json')
    expect(results.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    expect(code).toBe(0)
    expect(agent).toMatch(/Satoshi/)
    for (const transport of ['v1', 'v2']) {
      const passed = results.filter((result) => result.transport === transport && result.verdict === 'passed')
      expect(passed.length).toBeGreaterThan(190)
    }
  })

  it('passes the reference that has pruned, and a chain of its own that is a short one', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ['-prune=550'] })
    await bitcoind.mine(101)
    const only = ['bip159/', 'getheaders/2000'].flatMap((name) => ['--only', name])
    const json = ['--json', inFolder('pruned.json')]
    expect(await conform([bitcoind.p2pHostAndPort, '--strict', '--wait', '20000', ...only, ...json])).toBe(0)
    const { results } = await reportIn('pruned.json')
    expect(results.map(({ name, verdict }) => [name, verdict]).slice(0, results.length / 2)).toEqual([
      ['getheaders/2000-at-the-most', 'passed'],
      ['bip159/offer/limited-beside-network', 'skipped'],
      ['bip159/getdata/last-288-served', 'passed'],
      ['bip159/getdata/older-not-served', 'passed'],
    ])
  })

  it('passes the reference where that dials', async () => {
    const port = String(await freePort())
    const { command } = await findBitcoind()
    const daemon = ['-regtest', `-datadir=${folder}`, `-connect=127.0.0.1:${port}`, '-listen=0', '-server=0']
    const patient = ['--wait', '60000']
    const only = ['handshake', 'version/nonce', 'bip31', 'bip324/comes-back', 'survives/reset'].flatMap(
      (name) => ['--only', `dials/${name}`],
    )
    const code = await conform([
      '--listen',
      port,
      ...only,
      ...patient,
      '--json',
      inFolder('dials.json'),
      '--',
      ...command,
      ...daemon,
    ])
    const { results } = await reportIn('dials.json')
    expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
    expect(results.length).toBeGreaterThan(12)
    expect(code).toBe(0)
  })

  it('passes the embedded peer, which is to be like the reference in what it does', async () => {
    await using peer = await startRegtestPeer()
    expect(await conform([`127.0.0.1:${peer.port}`, '--strict', '--quiet', '--wait', '20000'])).toBe(0)
    expect(said.at(-1)).toMatch(/sapwood-regtest.* 48\d passed, 0 failed/)
  })

  it('finds what is wrong, shows the wire, and lets known failures be', async () => {
    await using peer = await startRegtestPeer()
    // A node that never hears of an inventory, and so cannot refuse one.
    const faults = { toTarget: { messages: { drop: { command: 'inv' } } } }
    await using relay = await FaultyRelay.start(peer.port, { faults })
    const target = relay.hostAndPort
    const chosen = ['bip31/ping/its-own*', 'inv/50001*'].flatMap((pattern) => ['--only', pattern])
    const only = [...chosen, '--transport', 'v1', '--wait', '20000']
    const files = ['json', 'junit', 'tap', 'html'].flatMap((kind) => [`--${kind}`, inFolder(`found.${kind}`)])
    const summary = inFolder('summary.md')
    await writeFile(summary, 'of a step before\n')
    const labelled = ['--label', 'deaf', '--summary', summary]
    expect(await conform([target, ...only, ...files, ...labelled])).toBe(0)
    expect(await readFile(summary, 'utf8')).toMatch(
      /^of a step before\n### conform: deaf, \/sapwood-regtest[\s\S]*\| `inv\/50001-refused` \| v1 \| core \| closed \| alive/,
    )
    expect(await conform([target, ...only, '--strict'])).toBe(1)
    const failed = (await reportIn('found.json')).results.filter(({ verdict }) => verdict === 'failed')
    expect(failed.map(({ name }) => name)).toEqual(['inv/50001-refused'])
    expect(failed.at(-1)!.wireLog).toMatch(/-> inv/)
    expect(await readFile(inFolder('found.junit'), 'utf8')).toMatch(
      /<failure message="expected closed, received alive[^<]*-&gt; inv/,
    )
    expect(await readFile(inFolder('found.tap'), 'utf8')).toMatch(/^not ok \d+ - v1 inv\/50001-refused/m)
    expect(await readFile(inFolder('found.html'), 'utf8')).toMatch(/<pre>[^<]*-&gt; inv/)
    const known = inFolder('known.txt')
    await writeFile(known, failed.map(({ name }) => `${name} # ours\n`).join(''))
    expect(await conform([target, ...only, '--strict', '--expect', known])).toBe(0)
    await writeFile(known, 'bip31/ping/its-own-answered-wrongly\n', { flag: 'a' })
    expect(await conform([target, ...only, '--strict', '--expect', known])).toBe(1)
    expect(said.at(-1)).toMatch(/^passes, and is among the known failures: bip31/)
    await copyFile(inFolder('found.json'), inFolder('again.json'))
    const merged = [
      'merge',
      inFolder('found.json'),
      inFolder('again.json'),
      '--html',
      inFolder('merged.html'),
    ]
    expect(await conform(merged)).toBe(0)
    const page = await readFile(inFolder('merged.html'), 'utf8')
    const head = (name: string): string => `<th colspan="2"><b>deaf (${name})</b><br>/sapwood-regtest`
    for (const name of ['found.json', 'again.json']) {
      // In its head of each of the two areas.
      expect(page.split(head(inFolder(name)))).toHaveLength(3)
    }
    expect(page).toContain('inv/50001-refused')
  })

  it('says before it begins what is wrong with its files', async () => {
    const target = '127.0.0.1:1'
    const file = inFolder('odd.txt')
    await writeFile(file, 'inv/50001-refused # known\nv2 bip31/ping/no-such-case\n')
    expect(await conform([target, '--expect', file])).toBe(2)
    expect(said.at(-1)).toContain("no case has the name 'v2 bip31/ping/no-such-case'")
    expect(await conform([target, '--expect', inFolder('none.txt')])).toBe(2)
    expect(await conform([target, '--json', join(folder, 'no-such-folder/report.json')])).toBe(2)
    expect(said.at(-1)).toContain('a report cannot be written')
    expect(await conform(['merge', inFolder('none.json')])).toBe(2)
    expect(await conform(['merge', folder])).toBe(2)
    expect(said.at(-1)).toContain(`${folder} cannot be read`)
    for (const text of ['null', '{}', 'not a report']) {
      await writeFile(file, text)
      expect(await conform(['merge', file])).toBe(2)
      expect(said.at(-1)).toContain('is no report of conform')
    }
  })

  it('writes the reports that it can write where a disk is full, and says what came of the run', async () => {
    await using peer = await startRegtestPeer()
    const only = ['--only', 'bip31/ping/nonce-zero', '--wait', '20000']
    const reports = ['--json', '/dev/full', '--tap', inFolder('rest.tap')]
    expect(await conform([`127.0.0.1:${peer.port}`, ...only, ...reports])).toBe(2)
    expect(said.at(-2)).toMatch(/2 passed, 0 failed/)
    expect(said.at(-1)).toMatch(/a report cannot be written: ENOSPC/)
    expect(await readFile(inFolder('rest.tap'), 'utf8')).toMatch(/^ok 2 - v2 bip31/m)
  })

  it('says why nothing dials: the port is taken, the program is not there, or fails', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const listen = (at: number, ...command: readonly string[]): Promise<number> =>
      conform(['--listen', String(at), '--', ...command])
    expect(await listen(port, 'true')).toBe(3)
    expect(said.at(-1)).toContain(`port ${port} cannot be listened on`)
    server.close()
    const free = await freePort()
    expect(await listen(free, join(folder, 'no-such-program'))).toBe(3)
    expect(said.at(-1)).toMatch(/ended with exit code 127 before it dialled: .*no-such-program/)
    expect(await listen(free, process.execPath, '-e', 'console.error("no luck"); process.exit(7)')).toBe(3)
    expect(said.at(-1)).toContain('ended with exit code 7 before it dialled: no luck')
  })

  it('prints nothing of a target that steers a terminal', async () => {
    const version = { userAgent: '/x\u001b[2J\nforged\u009b31m/' }
    await using target = await TestPeer.listen({ version })
    target.serve(() => Promise.resolve())
    expect(await conform([target.hostAndPort, '--only', 'bip31/ping/nonce-comes', '--wait', '20000'])).toBe(0)
    expect(said.at(-1)).toMatch(/^\/x\\u\{1b\}\[2J\\u\{a\}forged.*2 passed, 0 failed/)
    expect(said.at(-1)).not.toMatch(/[\u001b\u009b]/)
  })

  it('says what it did not understand, and that nobody listens', async () => {
    expect(await conform([])).toBe(2)
    expect(await conform(['--listen', '1'])).toBe(2)
    expect(await conform(['127.0.0.1:1', '--transport', 'v3'])).toBe(2)
    expect(await conform(['127.0.0.1:1', '--only', 'no/such/case'])).toBe(2)
    expect(await conform(['127.0.0.1:1'])).toBe(3)
    expect(said.at(-1)).toMatch(/ECONNREFUSED[\s\S]*has to be on regtest/)
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await conform([`127.0.0.1:${port}`])).toBe(3)
    server.close()
    expect(await conform(['--list', '--only', 'bip324/packets'])).toBe(0)
    expect(said.some((line) => line.includes('bip324/packets/forged-refused'))).toBe(true)
    expect(await conform(['--list', '--only', 'bip324/packets', '--json', inFolder('list.json')])).toBe(0)
    const { cases } = JSON.parse(await readFile(inFolder('list.json'), 'utf8')) as { cases: ConformCase[] }
    expect(cases.find(({ name }) => name === 'bip324/packets/forged-refused')).toMatchObject({
      level: 'must',
      accepts: ['closed'],
      transports: ['v2'],
    })
  })
})
