import type { ASTNode } from '@marcbachmann/cel-js'

/** A node with the type that the library's checker left on it; without one it is taken for the worst. */
type Node = ASTNode & { readonly checkedType?: { readonly kind: string; readonly name: string } }

const loops: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter', 'touch']
const arithmetic: readonly string[] = ['+', '-', '*', '/', '%']

/** Loops within loops: three deep over lists that the asker makes long is a way to keep Stint busy. */
const deepest = 2

/**
 * What a type-checked expression must not hold, in a sentence: what
 * could hang or yield NaN at run time, where it would be too late to tell anyone.
 */
export function structureFault(ast: ASTNode): string | undefined {
  const visit = (node: Node, loop: number): string | undefined => {
    const fault = callFault(node) ?? numberFault(node)
    if (fault !== undefined) return fault
    const inner = node.op === 'rcall' && loops.includes(node.args[0]) ? loop + 1 : loop
    if (inner > deepest) return `must not nest ${loops.join(', ')} more than ${deepest} deep`
    for (const child of childrenOf(node.args)) {
      const found = visit(child, inner)
      if (found !== undefined) return found
    }
    return undefined
  }
  return visit(ast, 0)
}

/**
 * What looks at the actions or resources of an ask otherwise than by `touch`, in a sentence. It is told by the
 * form alone: `ask` is looked into on the spot and never handed on, so no list, `dyn` or index leads around.
 */
export function opaqueFault(node: ASTNode): string | undefined {
  if (node.op === 'id' && node.args === 'ask')
    return `must name the field of ask that it looks at; ${byTouch}`
  if (node.op === '.' && isAsk(node.args[0]))
    return isOpaque(node) ? `must not look into ask.${node.args[1]}; ${byTouch}` : undefined
  const touched = node.op === 'rcall' && node.args[0] === 'touch' && isOpaque(node.args[1])
  for (const child of childrenOf(touched ? node.args[2] : node.args)) {
    const fault = opaqueFault(child)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** The names that an expression looks up, its own loop variables among them. */
export function variablesOf(node: ASTNode): readonly string[] {
  const own = node.op === 'id' ? [node.args] : []
  return [...new Set([...own, ...childrenOf(node.args).flatMap(variablesOf)])]
}

const byTouch =
  'one action or resource has many spellings, so they are met only by touch, as in ask.actions.touch("s3:Delete*")'

const isAsk = (node: ASTNode): boolean => node.op === 'id' && node.args === 'ask'

const isOpaque = (node: ASTNode): boolean =>
  node.op === '.' && isAsk(node.args[0]) && ['actions', 'resources'].includes(node.args[1])

function callFault(node: Node): string | undefined {
  if (node.op !== 'call' && node.op !== 'rcall') return undefined
  if (node.args[0] === 'matches') {
    return 'must not use matches(), which crafted text can hang; use glob(text, pattern) with * and ?'
  }
  const converts = node.op === 'call' && node.args[0] === 'double'
  return converts
    ? 'must not use double(), which can yield NaN; write the number with a decimal point'
    : undefined
}

/** Finite doubles may be compared but not computed with: 0.0 / 0.0 is NaN, and NaN > x is a silent no. */
function numberFault(node: Node): string | undefined {
  if (!arithmetic.includes(node.op)) return undefined
  const type = node.checkedType
  return type === undefined || type.kind === 'dyn' || type.name === 'double'
    ? `must not compute with "${node.op}" on doubles or claims, which can yield NaN; compare them as they are`
    : undefined
}

/** Every node among a node's arguments, however the operator arranges them. */
function childrenOf(args: unknown): readonly Node[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return isNode(args) ? [args] : []
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value
