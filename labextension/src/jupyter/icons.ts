import { LabIcon } from '@jupyterlab/ui-components';
import modelop from '../../style/icons/modelop.svg';

/** The icon of the extension, in the colours of the theme. */
export const modelopIcon = new LabIcon({ name: 'modelop-jupyter:modelop', svgstr: modelop });
