import { createContext, useContext } from 'react';

/** Whether the widget around a component can be seen: it is neither closed, collapsed nor behind another. */
export const VisibilityContext = createContext(true);

/** Return whether a component can be seen, as what is fetched again and again is fetched only then. */
export function useVisibility(): boolean {
  return useContext(VisibilityContext);
}
