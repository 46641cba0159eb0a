import type { TranslationBundle } from '@jupyterlab/translation';
import type { CapturedFunction, GitState } from '../api/types';

/** How many signs of a commit name it for people. */
const SHORT = 7;

/** Name a commit: `commit abc1234 on main, with changes`. */
export function commitText(git: GitState, trans: TranslationBundle): string {
  const commit = trans.__('commit %1', git.commit.slice(0, SHORT));
  const text = git.branch ? trans.__('%1 on %2', commit, git.branch) : commit;
  return git.is_dirty ? trans.__('%1, with changes', text) : text;
}

/** Name the cell of a function: `cell 3 [7]`, with its number in brackets as Jupyter shows it. */
export function cellText(
  { number, execution_count: count }: CapturedFunction,
  trans: TranslationBundle
): string {
  const cell = number === null ? trans.__('cell') : trans.__('cell %1', number);
  return count === null ? cell : `${cell} [${count}]`;
}
