import { describe, expect, it } from 'vitest'
import { parseArguments, UsageError } from './arguments.ts'

const TARGET = '127.0.0.1:18444'

describe('the command line', () => {
  it.each([
    ['nothing', [], /one target/],
    ['two targets', [TARGET, TARGET], /one target/],
    ['an empty target', [''], /HOST:PORT is not ''/],
    ['a port that is none', ['127.0.0.1:99999'], /HOST:PORT is not '127/],
    ['an address that TCP does not reach', [`${'a'.repeat(52)}.b32.i2p`], /cannot be reached by TCP|is not/],
    ['an unknown option', [TARGET, '--verbose'], /--verbose/],
    ['an option without its value', [TARGET, '--json'], /--json/],
    ['a pattern that is empty', [TARGET, '--only', ''], /--only takes/],
    ['no wait at all', [TARGET, '--wait', '0'], /--wait takes a number/],
    ['a wait for ever', [TARGET, '--wait', '1e9'], /--wait takes a number/],
    ['a pace that is none', [TARGET, '--pace', '-5'], /--pace/],
    ['a transport that is none', [TARGET, '--transport', 'v3'], /--transport takes v1 or v2/],
    ['a command without --listen', [TARGET, '--', 'true'], /goes with --listen/],
    ['--listen without a command', ['--listen', '18444'], /takes a command/],
    ['--listen with an empty command', ['--listen', '18444', '--'], /takes a command/],
    ['--listen with a target', ['--listen', '18444', TARGET, '--', 'true'], /takes no target/],
    ['--listen on no port', ['--listen', '0', '--', 'true'], /--listen takes a number/],
    ['--listen with a driver', ['--listen', '1', '--driver', 'rpc', '--', 'true'], /--driver does not go/],
    ['--listen with a pace', ['--listen', '1', '--pace', '5', '--', 'true'], /--pace does not go/],
    ['a cookie without a driver', [TARGET, '--rpc-cookie', 'x'], /go with --driver/],
    ['a wait for no driver', [TARGET, '--driver-wait', '5'], /go with --driver/],
    ['--list with a target', ['--list', TARGET], /--list takes no target/],
    ['--list with a report of a run', ['--list', '--tap', 'x'], /--tap does not go with --list/],
    ['a label that is none', [TARGET, '--label', ' '], /--label takes a text/],
    ['a label for no run', ['--list', '--label', 'x'], /--label does not go with --list/],
    ['merge without reports', ['merge'], /merge takes reports/],
    ['merge to anything but a page', ['merge', 'a.json', '--junit', 'x'], /--junit does not go with merge/],
    ['merge with a choice', ['merge', 'a.json', '--only', 'inv/'], /--only does not go with merge/],
    ['two reports on one output', [TARGET, '--json', '-', '--tap', '-'], /cannot both go to -/],
    ['two reports in one file', [TARGET, '--json', 'x', '--html', './x'], /cannot both go to/],
  ])('is refused with %s', (_, args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError)
    expect(() => parseArguments(args)).toThrow(message)
  })

  it('is read in all its forms', () => {
    expect(parseArguments(['--help', 'merge']).action).toBe('help')
    expect(parseArguments([TARGET, '--pace', '60', '--transport', 'v1'])).toMatchObject({
      action: 'run',
      address: TARGET,
      pace: 60,
      transports: ['v1'],
    })
    expect(parseArguments(['--listen', '7', '--', './wallet', '--json', 'theirs'])).toMatchObject({
      listen: { port: 7, command: ['./wallet', '--json', 'theirs'] },
      json: undefined,
    })
    for (const target of ['localhost', '[::1]:18444', 'node.test:1'])
      expect(parseArguments([target]).address).toBe(target)
    expect(parseArguments(['merge', 'a.json', 'b.json']).files).toEqual(['a.json', 'b.json'])
  })
})
