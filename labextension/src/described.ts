import type { CommandRegistry } from '@lumino/commands';

type Kind = 'string' | 'integer';

/** Describe the arguments of a command, for menus, shortcuts and other people's code. */
export function described(
  required: Readonly<Record<string, Kind>>,
  optional: Readonly<Record<string, Kind>> = {}
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
