import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An entry of a package that programs import from. */
export interface Entry {
  /** `@sapwood/node/utreexo-bridge`. */
  readonly specifier: string
  /** The file of its report, in docs/api. */
  readonly report: string
  /** Its source. */
  readonly source: string
  readonly aliases: Readonly<Record<string, string>>
}

/** All entries of all packages. */
export function entriesOf(root: string): Entry[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const path = join(root, 'packages', folder)
    const { name, exports = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
      name: string
      exports?: Readonly<Record<string, string | { readonly '@sapwood/source'?: string }>>
    }
    return Object.entries(exports).flatMap(([entry, target]) => {
      const source = typeof target === 'string' ? undefined : target['@sapwood/source']
      if (source === undefined) return []
      const label = entry === '.' ? folder : `${folder}.${entry.slice(2)}`
      return [
        {
          specifier: name + entry.slice(1),
          report: `${label}.md`,
          source: join(path, source),
          aliases: {
            '#crypto': join(path, 'src/crypto/crypto.ts'),
            '#platform': join(path, 'src/platform/platform.node.ts'),
          },
        },
      ]
    })
  })
}
