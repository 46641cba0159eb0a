import { LanguageSupport } from '@codemirror/language';
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import type { Extension } from '@codemirror/state';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { jupyterTheme } from '@jupyterlab/codemirror';

/** Two texts of one file; `before` and `after` name the sides for screen readers. */
export interface IMergeOptions {
  readonly path: string;
  readonly texts: readonly [before: string, after: string];
  readonly labels: readonly [before: string, after: string];
  readonly isSideBySide: boolean;
  readonly languages: IEditorLanguageRegistry | null;
}

// Of unchanged lines these many stay around each change.
const COLLAPSED = { margin: 3, minSize: 6 };

/** Show what differs between two texts in JupyterLab's editor, and return what removes the view. */
export async function showMerge(host: HTMLElement, options: IMergeOptions): Promise<() => void> {
  const { texts, labels, isSideBySide } = options;
  const language = await languageOf(options);
  const extensions = (label: string): Extension => [
    jupyterTheme,
    lineNumbers(),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    // Text that is not editable is not reached by the keyboard otherwise.
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-readonly': 'true',
      tabindex: '0'
    }),
    language
  ];
  if (isSideBySide) {
    const view = new MergeView({
      a: { doc: texts[0], extensions: extensions(labels[0]) },
      b: { doc: texts[1], extensions: extensions(labels[1]) },
      parent: host,
      collapseUnchanged: COLLAPSED
    });
    return () => view.destroy();
  }
  const view = new EditorView({
    doc: texts[1],
    extensions: [
      extensions(labels[1]),
      unifiedMergeView({
        original: texts[0],
        mergeControls: false,
        collapseUnchanged: COLLAPSED
      })
    ],
    parent: host
  });
  return () => view.destroy();
}

async function languageOf({ languages, path }: IMergeOptions): Promise<Extension> {
  const found = languages?.findByFileName(path);
  const loaded = found ? await languages?.getLanguage(found) : null;
  return loaded?.support instanceof LanguageSupport ? loaded.support : [];
}
