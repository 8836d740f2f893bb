// Writes build/stint.cjs, which is what `stint` runs: the half of the command line that talks to a broker, in one
// CommonJS file without native parts. It is copied to an engineer's machine as it is, or lies beside build/src, whose
// half (serve, lint and the like) it then loads when a command of it is given.
import { chmodSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'build', 'src', 'cli')
const outfile = join(root, 'build', 'stint.cjs')

const options = {
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
}

/** The server's half stays what tsc made of it. */
const server = {
  name: 'server',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/local\// }, ({ path, resolveDir }) => ({
      path: `./${relative(dirname(outfile), join(resolveDir, path)).replaceAll('\\', '/')}`,
      external: true,
    })),
}

const { outputFiles } = await build({
  ...options,
  entryPoints: [join(source, 'program.js')],
  // A module that is there on some machines only.
  external: ['@napi-rs/keyring'],
  plugins: [server],
  write: false,
})

/**
 * All but the answers that need no parser is text until it is needed: to read a literal takes V8 a fraction of the time
 * that looking through as much code does, and that would be paid by every call of AWS.
 */
const later = {
  name: 'later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/program\.js$/ }, ({ path }) => ({ path, namespace: 'later' }))
    onLoad({ filter: /./, namespace: 'later' }, () => ({
      contents: `const Module = require('node:module')
const program = new Module(__filename)
program.filename = __filename
program.paths = Module._nodeModulePaths(__dirname)
program._compile(${JSON.stringify(outputFiles[0].text)}, __filename)
module.exports = program.exports`,
    }))
  },
}

await build({ ...options, entryPoints: [join(source, 'main.js')], plugins: [later] })
chmodSync(outfile, 0o755)
