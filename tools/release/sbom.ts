import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PackedPackages, sh } from '../check-packages/pack.ts'
import { QUIETLY } from '../outside-project/outside-project.ts'
import type { InstalledDependency } from '../check-packages/written-dependencies.ts'

/** What this looks at of a bill of materials in CycloneDX. */
interface Bill {
  readonly components: readonly {
    readonly group?: string
    readonly name: string
    readonly version: string
  }[]
}

/**
 * What an installation of all archives brings along, in CycloneDX. In the repository itself `npm sbom --omit
 * dev` leaves out whatever one of the packages needs for its tests, also where another needs it to run.
 * @param folder for the project that installs them, and runs nobody's scripts.
 */
export function sbomOf(packed: PackedPackages, folder: string): string {
  mkdirSync(folder)
  const [version = ''] = [...packed.manifests.values()].map((manifest) => manifest.version)
  const dependencies = packed.dependenciesOn(...packed.manifests.keys())
  const manifest = { name: 'sapwood-release', version, private: true, dependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  sh('npm', ['install', '--package-lock-only', '--legacy-peer-deps', ...QUIETLY], folder)
  return sh('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], folder)
}

/** Those that come with an installation, and that a bill of materials does not have. */
export function missingFromSbom(sbom: string, installed: readonly InstalledDependency[]): readonly string[] {
  const { components } = JSON.parse(sbom) as Bill
  const billed = new Set(
    components.map(
      ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`,
    ),
  )
  return installed.map(({ name, version }) => `${name} ${version}`).filter((each) => !billed.has(each))
}
