/** A notification that the browser shows. */
export interface IShownNotification {
  readonly title: string;
  readonly options: { body: string; tag: string };
  onclick: () => void;
}

/** Give the page a browser with notifications, whose user answers a question like this. */
export function browser({
  answer,
  permission = 'default'
}: {
  answer: NotificationPermission;
  permission?: NotificationPermission;
}) {
  const shown: IShownNotification[] = [];
  let asked = 0;
  class Notification implements IShownNotification {
    static permission = permission;

    static async requestPermission(): Promise<NotificationPermission> {
      asked += 1;
      Notification.permission = answer;
      return answer;
    }

    constructor(
      readonly title: string,
      readonly options: { body: string; tag: string }
    ) {
      shown.push(this);
    }

    close(): void {
      // It has gone.
    }

    onclick = (): void => undefined;
  }
  Object.assign(window, { Notification, isSecureContext: true });
  return { shown, asked: () => asked };
}

/** Give the page a browser without notifications again. */
export function forgetBrowser(): void {
  delete (window as Partial<{ Notification: unknown }>).Notification;
}
