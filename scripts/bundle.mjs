// Writes build/stint.cjs, which is what `stint` runs: the half of the command line that talks to a broker, in one
// CommonJS file without native parts. It is copied to an engineer's machine as it is, or lies beside build/src, whose
// half (serve, lint and the like) it then loads when a command of it is given.
import { chmodSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'build', 'src', 'cli')
const outfile = join(root, 'build', 'stint.cjs')

/** The server's half stays what tsc made of it. */
const server = {
  name: 'server',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/local\// }, ({ path, resolveDir }) => ({
      path: `./${relative(dirname(outfile), join(resolveDir, path)).replaceAll('\\', '/')}`,
      external: true,
    })),
}

/** Whole modules that are there for some machine only. */
const external = ['@napi-rs/keyring']

await build({
  entryPoints: [join(source, 'main.js')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  external,
  plugins: [server],
})
chmodSync(outfile, 0o755)
