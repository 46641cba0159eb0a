import type { CommandRegistry } from '@lumino/commands';

type ArgType = 'string' | 'integer' | 'array' | 'object';

/** Return the `describedBy` option of a command: the JSON schema of its arguments. */
export function commandArgs(
  required: Readonly<Record<string, ArgType>>,
  optional: Readonly<Record<string, ArgType>> = {}
): Partial<CommandRegistry.Description> {
  const all = Object.entries({ ...required, ...optional });
  return {
    args: {
      type: 'object',
      properties: Object.fromEntries(all.map(([name, type]) => [name, { type }])),
      required: Object.keys(required)
    }
  };
}
