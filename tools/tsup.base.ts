import type { Options } from 'tsup'

/** Shared build options: ESM and declarations, unminified, with source maps. */
export const base: Options = {
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  sourcemap: true,
  // The sources are in the archive, beside the maps that point at them: once is enough.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  clean: true,
  treeshake: true,
  splitting: true,
  // `#crypto` is resolved by the consumer's conditions, so it has to stay in the output as it is.
  external: [/^#/, /^node:/],
  // tsup 8 sets the deprecated `baseUrl` itself; TypeScript 6 makes that an error.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
}
