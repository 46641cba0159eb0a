import type { IEditorServices } from '@jupyterlab/codeeditor';
import { CodeEditor } from '@jupyterlab/codeeditor';
import * as React from 'react';

/** A text in JupyterLab's editor, read-only; a plain text in applications without an editor. */
export function CodeView(props: {
  text: string;
  mimeType: string;
  label: string;
  editors: IEditorServices | null;
  /** The line to go to, from 1, as an object: the same line can be gone to twice. */
  target: { readonly line: number } | null;
}): JSX.Element {
  const { text, mimeType, label, editors, target } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [editor, setEditor] = React.useState<CodeEditor.IEditor | null>(null);
  React.useEffect(() => {
    if (editors === null || host.current === null) {
      return;
    }
    const model = new CodeEditor.Model({ mimeType });
    model.sharedModel.setSource(text);
    const created = editors.factoryService.newDocumentEditor({
      host: host.current,
      model,
      config: {
        readOnly: true,
        lineNumbers: true,
        lineWrap: false,
        scrollPastEnd: false,
        highlightActiveLine: true
      }
    });
    const content = created.host.querySelector('.cm-content');
    content?.setAttribute('aria-label', label);
    content?.setAttribute('aria-readonly', 'true');
    setEditor(created);
    return () => {
      setEditor(null);
      created.dispose();
      model.dispose();
    };
  }, [editors, mimeType, text]);
  React.useEffect(() => {
    if (editor !== null && target !== null) {
      const position = { line: target.line - 1, column: 0 };
      editor.setCursorPosition(position);
      editor.revealPosition(position);
      editor.focus();
    }
  }, [editor, target]);
  return editors === null ? (
    <pre className="jp-modelop-source" tabIndex={0} aria-label={label}>
      {text}
    </pre>
  ) : (
    <div ref={host} className="jp-modelop-code" />
  );
}
