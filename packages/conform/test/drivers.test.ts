import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegtestBitcoind, startRegtestPeer } from '@sapwood/integration'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { conform } from '../src/cli/conform.ts'
import { AskedDriver } from '../src/driver/asked-driver.ts'
import { ALL_SERVICES } from './all-services.ts'
import { type Driver, listeningCases, openDriver, type Report, runListening } from '../src/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-driver-'))
  for (const stream of ['log', 'error'] as const) vi.spyOn(console, stream).mockReturnValue(undefined)
})
afterAll(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const HASH = '07'.repeat(32)
const open = (name: string, timeout = 20_000): Promise<Driver> =>
  openDriver(name, { clock: systemClock, timeout })

/** An executable that answers each line by what a body of JavaScript makes of the question `q`. */
async function executable(name: string, body: string): Promise<string> {
  const file = join(folder, name)
  const program = `#!${process.execPath}
const say = (answer) => console.log(typeof answer === 'string' ? answer : JSON.stringify(answer))
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const q = JSON.parse(line)
  if (q.ask === 'abilities' && ${String(!body.includes('OWN'))}) return say({ abilities: ['mine', 'time', 'pay'] })
  ${body}
})
`
  await writeFile(file, program)
  await chmod(file, 0o755)
  return file
}

describe('a driver that is an executable', () => {
  it('is asked by a line of JSON, answers by one, and is gone when it is closed', async () => {
    const file = await executable(
      'good',
      `if (q.ask === 'mine') say({ hashes: Array(q.count).fill('${HASH}') })
       if (q.ask === 'time') say(q.seconds === 7 ? {} : { error: 'not 7' })
       if (q.ask === 'pay') say(q.script === '51' && q.satoshi === '5000' ? { txid: '${HASH}' } : { error: q })`,
    )
    const driver = new AskedDriver(await open(file), { clock: systemClock })
    expect((['mine', 'time', 'pay'] as const).every((ability) => driver.can(ability))).toBe(true)
    expect(await driver.mine(2)).toEqual([HASH, HASH])
    // What it refuses is over with the refusal.
    await expect(driver.advance(1)).rejects.toMatchObject({ code: 'refused', message: 'time: not 7' })
    expect(await driver.pay(Uint8Array.of(0x51), 5_000n)).toBe(HASH)
    await driver.close()
    await expect(driver.mine(1)).rejects.toMatchObject({ code: 'ended' })
  })

  it.each([
    ['rubbish', `say('mined, I think')`, 'bad-answer', /not an object of JSON: mined/],
    ['a number', `say('7')`, 'bad-answer', /not an object of JSON: 7/],
    ['no hashes', `say({ hashes: ['xyz'] })`, 'bad-answer', /not the hashes of 1 blocks/],
    ['an endless line', `process.stdout.write('x'.repeat(3_000_000))`, 'bad-answer', /does not end/],
    ['its end', `console.error('out of coal'); process.exit(3)`, 'ended', /exit code 3.*out of coal/],
    ['nothing', `if (q.ask === 'never') say({})`, 'timeout', /no answer of the driver within 300 ms/],
  ])('that answers with %s is asked nothing more', async (name, body, code, message) => {
    const file = await executable(name.replaceAll(' ', '-'), body)
    const timeout = code === 'timeout' ? 300 : 20_000
    const driver = new AskedDriver(await open(file), { clock: systemClock, timeout })
    await expect(driver.mine(1)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
    await expect(driver.pay(Uint8Array.of(0x51), 1n)).rejects.toThrow(/nothing is asked of the driver since/)
    await driver.close()
  })

  it('that hangs is gone when it is closed, however little it is waited for', async () => {
    const pid = join(folder, 'hanging-pid')
    const file = await executable(
      'hanging',
      `require('fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setInterval(() => 0, 1e6)`,
    )
    const driver = new AskedDriver(await open(file), { clock: systemClock, timeout: 1_500 })
    await expect(driver.mine(1)).rejects.toMatchObject({ code: 'timeout' })
    await driver.close()
    const hung = Number(await readFile(pid, 'utf8'))
    expect(() => process.kill(hung, 0)).toThrow(/ESRCH/)
  })

  it('that ended long ago is killed no more: its pid may be another program by then', async () => {
    const file = await executable('over', `process.exit(3)`)
    const driver = new AskedDriver(await open(file), { clock: systemClock })
    await expect(driver.mine(1)).rejects.toMatchObject({ code: 'ended' })
    const kill = vi.spyOn(process, 'kill')
    await driver.close()
    expect(kill).not.toHaveBeenCalled()
    kill.mockRestore()
  })

  it('that speaks unasked is noticed by the next thing it is asked', async () => {
    const file = await executable('talker', `say({ hashes: ['${HASH}'] }); say({ more: true })`)
    const driver = new AskedDriver(await open(file), { clock: systemClock })
    await driver.mine(1).catch(() => undefined)
    await expect(driver.mine(1)).rejects.toMatchObject({ code: 'bad-answer' })
    await driver.close()
  })

  it.each([
    ['is not there', () => Promise.resolve(join(folder, 'nowhere')), /ENOENT/],
    ['cannot be run', () => Promise.resolve(join(folder, 'plain')), /EACCES/],
    ['ends at once', () => executable('ends', `/* OWN */ process.exit(9)`), /exit code 9/],
    ['never says what it can', () => executable('mute', `/* OWN */`), /no answer within 400 ms/],
    ['can what nobody knows', () => executable('odd', `/* OWN */ say({ abilities: ['fly'] })`), /not fly/],
    ['has no abilities', () => executable('bare', `/* OWN */ say({})`), /not a list/],
  ])('that %s is unusable', async (_, file, message) => {
    await writeFile(join(folder, 'plain'), 'no program')
    const path = await file()
    // The others are known by what they do, however long that takes.
    await expect(open(path, path.endsWith('mute') ? 400 : 60_000)).rejects.toMatchObject({
      code: 'unusable',
      message: expect.stringMatching(message) as string,
    })
  })
})

describe('a driver that is a module', () => {
  it('is its default export, or what that makes; what it throws is a refusal', async () => {
    const file = join(folder, 'made.mjs')
    await writeFile(file, `export default () => ({ mine() { throw new Error('no coal') } })`)
    const driver = new AskedDriver(await open(file), { clock: systemClock })
    expect(driver.can('mine')).toBe(true)
    expect(driver.can('pay')).toBe(false)
    await expect(driver.mine(1)).rejects.toMatchObject({ code: 'refused', message: 'mine: no coal' })
    for (const [name, text] of [
      ['nothing', 'export default 7'],
      ['wrong', 'export default { mine: 7 }'],
      ['throws', `throw new Error('not today')`],
    ] as const) {
      await writeFile(join(folder, `${name}.mjs`), text)
      await expect(open(join(folder, `${name}.mjs`))).rejects.toMatchObject({ code: 'unusable' })
    }
  })

  it('brings the time forward alone, and gives it back at the end, whatever becomes of the rest', async () => {
    const times: number[] = []
    const clock = createVirtualClock()
    const now = Math.floor(clock.wallTime() / 1_000)
    const driver = new AskedDriver(
      {
        setTime: (seconds) => Promise.resolve(void times.push(seconds)),
        close: () => Promise.reject(new Error('stuck')),
      },
      { clock },
    )
    await driver.advance(60)
    await driver.advance(60)
    await expect(driver.close()).rejects.toMatchObject({ code: 'refused' })
    expect(times).toEqual([now + 60, now + 120, 0])
  })
})

describe("a driver that is bitcoind's RPC", () => {
  it('is unusable where nobody answers, without credentials, and by another protocol', async () => {
    for (const name of ['rpc', 'http://127.0.0.1:1', 'http://u:p@127.0.0.1:1', 'https://u:p@127.0.0.1:1']) {
      await expect(open(name)).rejects.toMatchObject({ code: 'unusable' })
    }
  })

  it('has a bitcoind mine, pay, and live through its deadlines', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ALL_SERVICES })
    const json = join(folder, 'driven.json')
    const url = `http://127.0.0.1:${bitcoind.rpcPort}`
    const cookie = join(bitcoind.dataFolder, 'regtest/.cookie')
    const only = [
      'mined/',
      'bip130/mined',
      'bip152/mined',
      'paid/',
      'bip339/paid',
      'bip37/paid',
      'bip133/paid',
    ]
    const choice = [...only, '*/time/*'].flatMap((pattern) => ['--only', pattern])
    const driver = ['--driver', url, '--rpc-cookie', cookie]
    const code = await conform([
      bitcoind.p2pHostAndPort,
      '--strict',
      '--wait',
      '20000',
      ...choice,
      ...driver,
      '--json',
      json,
    ])
    const { results } = JSON.parse(await readFile(json, 'utf8')) as Report
    expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
    expect(results.length).toBe(2 * 22)
    expect(code).toBe(0)
    // Its time is its own again.
    const [hash] = await bitcoind.mine(1)
    const { time } = await bitcoind.rpc<{ time: number }>('getblockheader', hash)
    expect(time).toBeLessThan(systemClock.wallTime() / 1_000 + 900)
  })
})

describe('conform with a driver that fails', () => {
  it('skips and counts the cases that it fails, goes on with the others, and says so by exit code 4', async () => {
    await using peer = await startRegtestPeer()
    const file = await executable('useless', `say({ error: 'out of coal' })`)
    const json = join(folder, 'failed.json')
    const target = [`127.0.0.1:${peer.port}`, '--transport', 'v1', '--json', json]
    const cases = ['--wait', '20000', '--only', 'bip31/time/', '--only', 'bip31/ping/nonce']
    expect(await conform([...target, ...cases, '--driver', file])).toBe(4)
    const { results } = JSON.parse(await readFile(json, 'utf8')) as Report
    const failed = results.filter(({ driverFailed }) => driverFailed === true)
    expect(failed.map(({ verdict }) => verdict)).toEqual(['skipped', 'skipped', 'skipped'])
    expect(failed[0]!.reason).toBe('the driver did not do it (refused): time: out of coal')
    expect(results.filter(({ verdict }) => verdict === 'passed').length).toBe(3)
    // Without one they are skips that count for nothing, and one that cannot be opened ends the run.
    expect(await conform([...target, ...cases])).toBe(0)
    expect(await conform([...target, ...cases, '--driver', join(folder, 'nowhere')])).toBe(4)
    expect(await conform(['--listen', '1', '--driver', 'rpc', '--', 'true'])).toBe(2)
  })

  it('runs what needs one last, and what sets the time behind all', async () => {
    await using peer = await startRegtestPeer()
    const names: string[] = []
    const refuse = () => Promise.reject(new Error('no'))
    const driver: Driver = { setTime: refuse, mine: refuse }
    const chosen = listeningCases.filter(({ name }) => /^(bip31\/time|mined|inv\/empty)/.test(name)).reverse()
    await runListening(chosen, {
      address: `127.0.0.1:${peer.port}`,
      wait: 20_000,
      driver,
      onResult: ({ name }) => names.push(name.replace(/\/.*/, '')),
    })
    expect(new Set(names.slice(0, 2))).toEqual(new Set(['inv']))
    expect(new Set(names.slice(2, 10))).toEqual(new Set(['mined']))
    expect(new Set(names.slice(10))).toEqual(new Set(['bip31']))
  })
})
