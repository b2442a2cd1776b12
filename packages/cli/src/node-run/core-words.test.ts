import { describe, expect, it } from 'vitest'
import { joined, readArguments, readConfig } from './core-words.ts'

describe('options in the words of Bitcoin Core', () => {
  it('are read as bitcoind reads them', () => {
    const words = readArguments([
      '-regtest',
      '--port=1',
      '-nolisten',
      '-connect=a',
      '-connect=b',
      '-nodnsseed=0',
    ])
    expect([...words]).toEqual([
      ['regtest', ['1']],
      ['port', ['1']],
      ['listen', ['0']],
      ['connect', ['a', 'b']],
      ['dnsseed', ['1']],
    ])
    // What comes after -noconnect counts again.
    expect(readArguments(['-connect=a', '-noconnect', '-connect=b']).get('connect')).toEqual(['b'])
  })

  it.each([['regtest'], ['-unheard'], ['-nounheard'], ['-port'], ['-'], ['-constructor=1']])(
    'refuse %s',
    (argument) => {
      expect(() => readArguments([argument])).toThrow(expect.objectContaining({ exitCode: 2 }))
    },
  )

  it('that are mistyped are refused with what was probably meant', () => {
    expect(() => readArguments(['-conect=a'])).toThrow("there is no option 'conect'; did you mean 'connect'?")
    expect(() => readConfig('rcpport=1', '', 'x')).toThrow("option 'rcpport'; did you mean 'rpcport'?")
    expect(() => readArguments(['-wallet=a'])).toThrow(/there is no option 'wallet'$/)
  })

  it('stand in a file, in the section of their chain or in none', () => {
    const text = 'server=1 # yes\n\n[main]\nport=1\n[regtest]\nport=2\nconnect=a\nmain.rpcport=3\n'
    const words = readConfig(text, 'regtest', 'x.conf')
    expect([...words]).toEqual([
      ['server', ['1']],
      ['port', ['2']],
      ['connect', ['a']],
    ])
    expect([...readConfig('regtest.port=5\r\nport=4', 'regtest', 'x')]).toEqual([['port', ['5']]])
    expect(() => readConfig('server=1\nunheard=1', '', 'x.conf')).toThrow(
      "x.conf, line 2: there is no option 'unheard'",
    )
    expect(() => readConfig('server', '', 'x.conf')).toThrow('x.conf, line 1: not of the form word=value')
    // What would not count, or not as it stands there, is not passed over.
    for (const line of ['datadir=/x', 'conf=x', 'regtset.port=1', '[regtset]', 'rpcpassword=a#b']) {
      expect(() => readConfig(`server=1\n${line}`, '', 'x.conf')).toThrow(
        expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/^x\.conf, line 2: /) }),
      )
    }
  })

  it('of the command line win, and lists are joined', () => {
    const first = readArguments(['-port=1', '-connect=a'])
    const second = readConfig('port=2\nconnect=b\nserver=0', '', 'x')
    expect([...joined(first, second)]).toEqual([
      ['port', ['1']],
      ['connect', ['a', 'b']],
      ['server', ['0']],
    ])
    expect(joined(readArguments(['-noconnect']), second).get('connect')).toEqual([])
  })
})
