import t from 'tap'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { leafOf } from '../../src/audit/chain.js'
import { notesIn, openCheckpoint, parseCheckpoint, signCheckpoint } from '../../src/audit/checkpoint.js'
import {
  makeSigner,
  parseNote,
  parseSigner,
  parseVerifier,
  signNote,
  signedBy,
} from '../../src/audit/note.js'
import { consistencyProof, inclusionProof, isConsistent, rootOfInclusion } from '../../src/audit/proof.js'
import { growth, rootsOf, width, type HashesOf } from '../../src/audit/tiles.js'
import { emptyRoot, parentOf, rootOf, splitOf, type Hash } from '../../src/audit/tree.js'

const leaf = (text: string): Hash => Buffer.from(leafOf(text), 'hex')

/** RFC 6962 section 2.1 as it is written there. */
const byTheBook = (leaves: readonly Hash[]): Hash => {
  const [only] = leaves
  if (!only) return createHash('sha256').digest()
  if (leaves.length === 1) return only
  const split = splitOf(leaves.length)
  return parentOf(byTheBook(leaves.slice(0, split)), byTheBook(leaves.slice(split)))
}

t.test("roots: certificate-transparency's own known answers", (t) => {
  // certificate-transparency-go, trillian: testonly reference inputs and roots.
  const inputs = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ]
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  const leaves = inputs.map((hex) => leaf(Buffer.from(hex, 'hex').toString('latin1')))
  roots.forEach((root, size) =>
    t.equal(rootOf(leaves.slice(0, size)).toString('hex'), root, `${size} leaves`),
  )
  t.ok(rootOf([]).equals(emptyRoot))
  t.end()
})

const sizes = fc.integer({ min: 1, max: 70 })
const leavesOf = (size: number, salt = '') => Array.from({ length: size }, (_, n) => leaf(`${salt}${n}`))
const over =
  (leaves: readonly Hash[]) =>
  async (from: number, to: number): Promise<Hash> =>
    rootOf(leaves.slice(from, to))

t.test('proofs: each leaf and each earlier tree is proved, and nothing else', async (t) => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, anyIndex, anyBefore) => {
      const leaves = leavesOf(size)
      const [index, before] = [anyIndex % size, anyBefore % (size + 1)]
      const root = rootOf(leaves)
      if (!root.equals(byTheBook(leaves))) return false
      const path = await inclusionProof(index, size, over(leaves))
      const own = leaves[index] ?? emptyRoot
      const proved = (at: number, of: number, by: readonly Hash[], what = own) =>
        rootOfInclusion(what, at, of, by)?.equals(root) ?? false
      const proof = await consistencyProof(before, size, over(leaves))
      const old = { size: before, root: rootOf(leaves.slice(0, before)) }
      const [flipped] = leavesOf(1, 'x')
      const bent = (hashes: readonly Hash[]) => hashes.map((hash, n) => (n === 0 && flipped ? flipped : hash))
      const rewritten = { size: before, root: rootOf(leavesOf(before, 'other')) }
      return (
        proved(index, size, path) &&
        !proved(index, size, path, leaf('x')) &&
        !proved(index + 1, size, path) &&
        !proved(index, size, [...path, own]) &&
        (path.length === 0 || (!proved(index, size, path.slice(1)) && !proved(index, size, bent(path)))) &&
        isConsistent(old, { size, root }, proof) &&
        !isConsistent(old, { size, root: leaf('x') }, before === 0 ? [root] : proof) &&
        (before === 0 || !isConsistent(rewritten, { size, root }, proof)) &&
        !isConsistent({ size: size + 1, root }, { size, root }, proof) &&
        !isConsistent(old, { size, root }, [...proof, own]) &&
        (proof.length === 0 ||
          (!isConsistent(old, { size, root }, proof.slice(1)) &&
            !isConsistent(old, { size, root }, bent(proof))))
      )
    }),
    { numRuns: 300 },
  )
  t.equal(rootOfInclusion(leaf('a'), -1, 1, []), undefined)
})

t.test('tiles: grown in any steps, they give every root, in few reads of a large log', async (t) => {
  const size = width * width + 3 * width + 17
  const leaves = leavesOf(size)
  const levels = new Map<number, string[]>([[0, leaves.map((hash) => hash.toString('hex'))]])
  let reads = 0
  const hashesOf: HashesOf = async (level, from, to) => {
    reads++
    return levels.get(level)?.slice(from, to) ?? []
  }
  for (let grown = 0, until = width * 3; grown < Math.floor(size / width) * width;) {
    const next = await growth(grown, until, hashesOf, 37)
    for (const { level, n, hash } of next.nodes) {
      const known = levels.get(level) ?? []
      t.equal(n, known.length, 'each once, in order') || t.bailout()
      levels.set(level, [...known, hash])
    }
    if (next.grown === grown || next.grown + width > until) until = Math.min(size, until + width * 40 + 5)
    grown = next.grown
  }
  t.equal(levels.get(1)?.length, width + 3)
  t.equal(levels.get(2)?.length, 1)
  for (const [from, to] of [
    [0, size],
    [0, 1],
    [size - 1, size],
    [0, width * width],
    [width * width, size],
  ] as const)
    t.ok((await rootsOf(size, hashesOf)(from, to)).equals(rootOf(leaves.slice(from, to))), `${from} to ${to}`)
  for (const index of [0, 1, 255, 256, 40_000, width * width, size - 1]) {
    reads = 0
    const path = await inclusionProof(index, size, rootsOf(size, hashesOf))
    t.ok(rootOfInclusion(leaves[index] ?? emptyRoot, index, size, path)?.equals(rootOf(leaves)), `${index}`)
    t.ok(reads <= 6, `${reads} reads`)
  }
  for (const before of [1, 255, 256, 50_000, width * width, size - 1]) {
    const proof = await consistencyProof(before, size, rootsOf(size, hashesOf))
    const old = { size: before, root: rootOf(leaves.slice(0, before)) }
    t.ok(isConsistent(old, { size, root: rootOf(leaves) }, proof), `${before}`)
  }
})

t.test('signed notes: the known answer, and what is none', (t) => {
  // golang.org/x/mod/sumdb/note, its documented example.
  const secret = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
  const verifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  const text =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
  const signer = parseSigner(secret)
  const key = parseVerifier(verifier)
  if (!signer || !key) throw new Error('the keys were not read')
  t.equal(signer.verifier, verifier)
  const note = signNote(text, [signer])
  t.equal(
    note,
    `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
  )
  const read = (given: string) => parseNote(given) ?? { text: '', signatures: [] }
  t.strictSame(signedBy(read(note), [key]), [key])
  t.strictSame(signedBy(read(note.replace('think', 'thank')), [key]), [])
  const made = makeSigner('other.example', Buffer.alloc(32, 7))
  const other = parseSigner(made?.secret ?? '')
  if (!made || !other) throw new Error('no key was made')
  const both = signNote(text, [other, signer])
  t.strictSame(
    signedBy(read(both), [key]),
    [key],
    'a signature of a key that is not known counts for nothing',
  )
  const forged = both.replace(/— PeterNeumann .*\n/, (line) => line.replace('RZb6', 'RZb7'))
  const keys = [key, parseVerifier(made.verifier)].filter((one) => one !== undefined)
  t.strictSame(signedBy(read(forged), keys), [], 'a false signature spoils the true one')
  for (const bad of [
    '',
    text,
    note.slice(0, -1),
    note.replace('—', '-'),
    `${text}\n— x y\n`,
    `${text}\n— PeterNeumann AAAA\n`,
  ])
    t.equal(parseNote(bad), undefined, JSON.stringify(bad.slice(-30)))
  for (const bad of [
    '',
    secret.slice(12),
    `${secret}=`,
    secret.replace('c74f20a3', 'c74f20a4'),
    secret.replace('AYEK', 'AgEK'),
  ])
    t.equal(parseSigner(bad), undefined, bad)
  for (const bad of [
    '',
    verifier.replace('Peter', 'peter'),
    verifier.replace('ARpc', 'Ahpc'),
    verifier.slice(0, -1),
  ])
    t.equal(parseVerifier(bad), undefined, bad)
  for (const name of ['', 'a b', 'a+b', 'a\nb']) t.equal(makeSigner(name, Buffer.alloc(32)), undefined)
  t.end()
})

t.test('checkpoints: three lines, under the name of the key', (t) => {
  const made = makeSigner('stint.example.com/record', Buffer.alloc(32, 1))
  const twin = makeSigner('stint.example.com/record', Buffer.alloc(32, 2))
  const foreign = makeSigner('elsewhere', Buffer.alloc(32, 1))
  const must = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('no key')
    return value
  }
  const signer = (secret = '') => must(parseSigner(secret))
  const keys = [made, twin, foreign].map((one) => must(parseVerifier(one?.verifier ?? '')))
  const checkpoint = { origin: 'stint.example.com/record', size: 41, root: leaf('x') }
  const note = signCheckpoint(checkpoint, [signer(made?.secret), signer(twin?.secret)])
  t.match(
    note,
    /^stint\.example\.com\/record\n41\n[A-Za-z0-9+/]{43}=\n\n— stint\.example\.com\/record \S+\n— stint/,
  )
  for (const known of [keys, keys.slice(0, 1), keys.slice(1, 2)])
    t.strictSame(openCheckpoint(note, known), checkpoint)
  t.equal(openCheckpoint(note, keys.slice(2)), undefined, 'another key')
  t.equal(openCheckpoint(note, []), undefined)
  t.equal(openCheckpoint(note.replace('41', '42'), keys), undefined, 'another size')
  t.equal(
    openCheckpoint(signCheckpoint(checkpoint, [signer(foreign?.secret)]), keys),
    undefined,
    'another origin',
  )
  for (const bad of [
    note.replace('41', '041'),
    note.replace('41', '-1'),
    note.replace('41', ''),
    note.replace('=\n\n', '\n\n'),
  ])
    t.equal(parseCheckpoint(bad), undefined)
  t.strictSame(notesIn(`${note}${note}`), [note, note])
  t.strictSame(notesIn(`\n\n${note}\n${note}\n`), [note, note])
  t.strictSame(notesIn('nothing\n'), [])
  t.end()
})
