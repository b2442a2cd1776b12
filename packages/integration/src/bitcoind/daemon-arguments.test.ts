import { describe, expect, it } from 'vitest'
import { cookieFileOf, readDaemonArguments } from './daemon-arguments.ts'

describe('arguments of bitcoind that say how it is reached', () => {
  it('are read by the rules of bitcoind: one or two dashes, the last one counts', () => {
    expect(readDaemonArguments(['-txindex', '-rpcport=1', '--rpcport=18500'])).toMatchObject({
      rpcPort: 18_500,
    })
    expect(readDaemonArguments(['-rpcuser=a', '-rpcpassword=b=c'])).toMatchObject({ credentials: 'a:b=c' })
    // An empty password counts as none.
    expect(readDaemonArguments(['-rpcuser=a', '-rpcpassword='])).toMatchObject({ credentials: undefined })
    expect(cookieFileOf('/data', readDaemonArguments([]))).toBe('/data/regtest/.cookie')
    expect(cookieFileOf('/data', readDaemonArguments(['-rpccookiefile=mine']))).toBe('/data/regtest/mine')
    expect(cookieFileOf('/data', readDaemonArguments(['-rpccookiefile=/run/c']))).toBe('/run/c')
  })

  it.each([
    ['-datadir=/elsewhere', 'dataFolder'],
    ['-testnet4', 'regtest'],
    ['-noregtest', 'regtest'],
    ['-chain=main', 'regtest'],
    ['--daemon', 'process'],
    ['-server=0', 'RPC'],
    ['-noserver', 'RPC'],
    ['-rpcport=none', 'port'],
    ['-rpcport=70000', 'port'],
    ['-norpccookiefile', '-rpcpassword'],
    ['txindex', 'dash'],
  ])('%s is refused at once, with what to do', (argument, advice) => {
    expect(() => readDaemonArguments([argument])).toThrow(
      expect.objectContaining({
        code: 'unsupported-argument',
        message: expect.stringContaining(advice) as string,
      }) as Error,
    )
  })

  it('tell nobody a password', () => {
    expect(() => readDaemonArguments(['-rpcpassword=secret', '-server=0'])).not.toThrow(/secret/)
  })
})
