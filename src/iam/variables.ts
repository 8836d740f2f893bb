/** One `${...}`: a key with an optional default, or one of the three characters that it writes out. */
const variable = /\$\{([^{}]*)\}/g
const inside = /^([*?$]|\s*[\w.-]+:[^,'"]+?\s*(,\s*'[^']*'\s*)?)$/

/**
 * Says in a sentence what is wrong with the policy variables of a text, or undefined (IAM user guide, "IAM
 * policy elements: Variables and tags"). Only policies of version 2012-10-17 have them.
 */
export function variableFault(text: string): string | undefined {
  const open = text.replace(variable, '')
  if (open.includes('${')) return `${JSON.stringify(text)} has a policy variable that is not closed.`
  const odd = [...text.matchAll(variable)].find(([, name = '']) => !inside.test(name))
  return (
    odd && `${odd[0]} is no policy variable, such as \${aws:username} or \${aws:PrincipalTag/team, 'none'}.`
  )
}

/** Whether the text has a part whose value is known only when a request is made. */
export const hasVariable = (text: string): boolean => /\$\{[^{}*?$]/.test(text)
