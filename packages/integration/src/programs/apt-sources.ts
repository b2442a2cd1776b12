import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One archive of Debian packages, as a stanza of a sources file names it. */
export interface AptSource {
  /** Where the archive is. */
  readonly uri: string
  /** `bookworm`, `bookworm-updates`, … */
  readonly suites: readonly string[]
  /** `main`, `contrib`, … */
  readonly components: readonly string[]
  /** The keyring that its signatures are checked with; apt's trusted keys where it is not given. */
  readonly signedBy?: string
}

/** The distribution of this machine. */
interface Distribution {
  /** `debian`, `ubuntu`, … */
  readonly id: string
  /** `bookworm`, `noble`, … */
  readonly codename: string
}

/** Debian's own archive, for a Debian machine whose sources do not say which mirror it uses. */
const DEBIAN_ARCHIVE = 'http://deb.debian.org/debian'
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Reads `/etc/os-release` below `root`; undefined where it names no distribution of the Debian family. */
function readDistribution(root = '/'): Distribution | undefined {
  const text = readIfThere(join(root, 'etc/os-release'))
  const value = (key: string): string | undefined => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1]
  const id = value('ID')
  const codename = value('VERSION_CODENAME')
  return id === undefined || codename === undefined ? undefined : { id, codename }
}

/** All binary-package archives in the machine's sources files (both formats), below `root`. */
function readSystemSources(root = '/'): readonly AptSource[] {
  const folder = join(root, 'etc/apt/sources.list.d')
  const inFolder = (extension: string): readonly string[] =>
    listIfThere(folder)
      .filter((name) => name.endsWith(extension))
      .map((name) => readIfThere(join(folder, name)))
  const oneLine = [readIfThere(join(root, 'etc/apt/sources.list')), ...inFolder('.list')]
  return [...oneLine.flatMap(parseOneLineSources), ...inFolder('.sources').flatMap(parseDeb822Sources)]
}

/** Parses the one-line format: `deb [signed-by=…] URI SUITE COMPONENT…`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line.trim())
    if (match === null) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1]
    return [
      {
        uri,
        suites: [suite],
        components: words(components),
        ...(signedBy !== undefined && { signedBy }),
      },
    ]
  })
}

/** Parses the deb822 format: stanzas of `Field: value` lines. */
export function parseDeb822Sources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>()
    let field = ''
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue
      const match = /^([\w-]+):(.*)$/.exec(line)
      if (match) field = match[1]!.toLowerCase()
      fields.set(field, `${fields.get(field) ?? ''} ${match ? match[2]! : line}`)
    }
    const list = (name: string): readonly string[] => words(fields.get(name) ?? '')
    if (!list('types').includes('deb') || list('enabled')[0] === 'no') return []
    // A keyring can also stand in the file itself; then the machine's trusted keys have to do.
    const signedBy = list('signed-by').length === 1 ? list('signed-by')[0] : undefined
    return list('uris').map((uri) => ({
      uri,
      suites: list('suites'),
      components: list('components'),
      ...(signedBy !== undefined && { signedBy }),
    }))
  })
}

/**
 * The archives that this machine's own packages come from, and nothing of third parties: its suite with the
 * updates and security fixes of it.
 */
export function distributionSources(root = '/'): readonly AptSource[] {
  const distribution = readDistribution(root)
  if (distribution === undefined) return []
  const { id, codename } = distribution
  const wanted = [codename, `${codename}-updates`, `${codename}-security`]
  const found = readSystemSources(root).flatMap((source) => {
    const suites = source.suites.filter((suite) => wanted.includes(suite))
    return suites.length > 0 && source.components.includes('main') ? [{ ...source, suites }] : []
  })
  if (found.length > 0 || id !== 'debian') return found
  return [{ uri: DEBIAN_ARCHIVE, suites: [codename], components: ['main'], signedBy: DEBIAN_KEYRING }]
}

/** Suites of Debian other than the machine's own, from the mirror that a Debian machine uses. */
export function debianSources(suites: readonly string[], root = '/'): readonly AptSource[] {
  const isDebian = readDistribution(root)?.id === 'debian'
  const own = isDebian
    ? distributionSources(root).find((source) => /\/debian\/?$/.test(source.uri))
    : undefined
  return [
    {
      uri: own?.uri ?? DEBIAN_ARCHIVE,
      suites,
      components: ['main'],
      signedBy: own?.signedBy ?? DEBIAN_KEYRING,
    },
  ]
}

/** Writes sources in the deb822 format. */
export function formatSources(sources: readonly AptSource[]): string {
  return sources
    .map((source) =>
      [
        'Types: deb',
        `URIs: ${source.uri}`,
        `Suites: ${source.suites.join(' ')}`,
        `Components: ${source.components.join(' ')}`,
        ...(source.signedBy === undefined ? [] : [`Signed-By: ${source.signedBy}`]),
        '',
      ].join('\n'),
    )
    .join('\n')
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function listIfThere(path: string): readonly string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return []
  }
}
