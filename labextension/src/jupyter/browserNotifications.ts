import { Notification as Toast } from '@jupyterlab/apputils';
import type { IModelOp } from '../state/context';

/** Whether this browser shows notifications of JupyterLab's page. */
export function areNotificationsAllowed(): boolean {
  return isAvailable() && window.Notification.permission === 'granted';
}

/**
 * Switch the browser's notifications of the ends of jobs on or off.
 *
 * The browser asks the user the first time they are switched on, and never otherwise.
 */
export async function toggleNotifications({ preferences, trans }: IModelOp): Promise<void> {
  if (preferences.notifiesByBrowser && areNotificationsAllowed()) {
    await preferences.setNotifiesByBrowser(false);
    return;
  }
  if (!isAvailable()) {
    Toast.error(
      trans.__('This browser shows notifications of pages at https addresses and localhost only.')
    );
    return;
  }
  if ((await window.Notification.requestPermission()) !== 'granted') {
    Toast.error(
      trans.__('The browser allows no notifications of this page. Its settings can change that.')
    );
    return;
  }
  await preferences.setNotifiesByBrowser(true);
}

/** Show a notification of the browser, once for all tabs; a click on it comes back to this one. */
export function showNotification(
  title: string,
  options: { body: string; tag: string },
  onClick: () => void
): void {
  const notification = new window.Notification(title, options);
  notification.onclick = () => {
    window.focus();
    notification.close();
    onClick();
  };
}

function isAvailable(): boolean {
  return 'Notification' in window && window.isSecureContext;
}
