import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  debianSources,
  distributionSources,
  formatSources,
  parseDeb822Sources,
  parseOneLineSources,
} from './apt-sources.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sapwood-apt-'))
  mkdirSync(join(root, 'etc/apt/sources.list.d'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))
const write = (path: string, text: string): void => writeFileSync(join(root, path), text)

describe('sources of Debian packages', () => {
  it('reads both formats', () => {
    const oneLine = `# comment\ndeb [arch=amd64 signed-by=/k.gpg] http://a/debian bookworm main contrib # more\ndeb-src http://a/debian bookworm main\n`
    expect(parseOneLineSources(oneLine)).toEqual([
      { uri: 'http://a/debian', suites: ['bookworm'], components: ['main', 'contrib'], signedBy: '/k.gpg' },
    ])
    const stanzas = `Types: deb\n# comment\nURIs: http://a/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\nEnabled: no\nTypes: deb\nURIs: http://b\nSuites: x\nComponents: main\n`
    expect(parseDeb822Sources(stanzas)).toEqual([
      {
        uri: 'http://a/debian',
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main'],
        signedBy: '/k.gpg',
      },
    ])
  })

  it('takes those of the distribution, and nothing of third parties', () => {
    write('etc/os-release', 'ID=debian\nVERSION_CODENAME=bookworm\n')
    write('etc/apt/sources.list', 'deb http://mirror/debian bookworm main\n')
    write(
      'etc/apt/sources.list.d/other.list',
      'deb http://vendor/apt cloud-bookworm main\ndeb http://x nodistro main\n',
    )
    write(
      'etc/apt/sources.list.d/security.sources',
      'Types: deb\nURIs: http://mirror/debian-security\nSuites: bookworm-security\nComponents: main\n',
    )
    expect(distributionSources(root).map(({ uri }) => uri)).toEqual([
      'http://mirror/debian',
      'http://mirror/debian-security',
    ])
    expect(debianSources(['trixie'], root)).toEqual([
      {
        uri: 'http://mirror/debian',
        suites: ['trixie'],
        components: ['main'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      },
    ])
  })

  it('knows the archive of a Debian machine that does not say, and none of a machine that is another', () => {
    write('etc/os-release', 'ID="debian"\nVERSION_CODENAME="trixie"\n')
    expect(distributionSources(root)).toHaveLength(1)
    write('etc/os-release', 'ID=fedora\n')
    expect(distributionSources(root)).toEqual([])
  })

  it('writes what it reads', () => {
    const sources = [{ uri: 'http://a', suites: ['x', 'y'], components: ['main'], signedBy: '/k.gpg' }]
    expect(parseDeb822Sources(formatSources(sources))).toEqual(sources)
  })
})
