/** What this looks at of a package. */
export interface Dependent {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The packages, each after those that it depends on: whoever installs one meanwhile finds what it needs. */
export function publishOrder(manifests: ReadonlyMap<string, Dependent>): string[] {
  const order: string[] = []
  const add = (name: string): void => {
    const manifest = manifests.get(name)
    if (manifest === undefined || order.includes(name)) return
    for (const dependency of Object.keys(manifest.dependencies ?? {})) add(dependency)
    order.push(name)
  }
  for (const name of [...manifests.keys()].sort()) add(name)
  return order
}
