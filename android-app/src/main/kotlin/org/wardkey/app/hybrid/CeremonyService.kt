package org.wardkey.app.hybrid

import android.app.Activity
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Service
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.IBinder
import android.util.Log
import org.wardkey.app.R

/**
 * Keeps the app in the foreground while a ceremony with a computer runs, so that Android does not freeze it,
 * and the tunnel with it, while its person takes a call. It does nothing else: the ceremony is the
 * activity's, and goes on without where Android refuses this.
 *
 * Android asks of the type `connectedDevice` that a Bluetooth permission is granted, which a ceremony has
 * before it begins, and limits it to no time; the core's own deadlines end every ceremony. Android shows its
 * notification where notifications of this app are allowed. The app does not ask for that
 * (`POST_NOTIFICATIONS`): else the running ceremony is listed among the active apps alone, which is enough.
 */
internal class CeremonyService : Service() {
    override fun onBind(intent: Intent): IBinder? = null

    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        // The ceremony may have ended before this started, or with the process before this one.
        if (underWay == 0 || !comeToForeground()) stopSelf(startId)
        return START_NOT_STICKY
    }

    /** Swiped away: Android ends the activity as well, and the ceremony with it, which may take a moment. */
    override fun onTaskRemoved(rootIntent: Intent?) = stopSelf()

    /** Whether Android allows it: not if the app has left the foreground in the meantime. */
    private fun comeToForeground(): Boolean = unlessRefused {
        startForeground(NOTIFICATION, notification(), ServiceInfo.FOREGROUND_SERVICE_TYPE_CONNECTED_DEVICE)
    }

    /** Says no more than that a ceremony runs: neither site nor account, since others may see it. */
    private fun notification(): Notification {
        val name = getString(R.string.ceremony_channel)
        val channel = NotificationChannel(CHANNEL, name, NotificationManager.IMPORTANCE_LOW)
        getSystemService(NotificationManager::class.java).createNotificationChannel(channel)
        val back = PendingIntent.getActivity(
            this, 0, CeremonyActivity.wayBack(this), PendingIntent.FLAG_IMMUTABLE,
        )
        return Notification.Builder(this, CHANNEL)
            .setSmallIcon(R.drawable.ic_passkey)
            .setContentTitle(getString(R.string.ceremony_heading))
            .setContentText(getString(R.string.ceremony_return))
            .setContentIntent(back)
            .setCategory(Notification.CATEGORY_PROGRESS)
            .setOngoing(true)
            .setShowWhen(false)
            .setLocalOnly(true)
            .build()
    }

    companion object {
        private const val TAG = "WardkeyCeremony"
        private const val CHANNEL = "ceremony"
        private const val NOTIFICATION = 1

        /** Ceremonies of this process that have not ended. On the main thread alone. */
        private var underWay = 0

        /** Runs [ceremony], which is on the screen of [activity], in the foreground. On the main thread. */
        suspend fun <T> inForeground(activity: Activity, ceremony: suspend () -> T): T {
            val service = Intent(activity, CeremonyService::class.java)
            underWay += 1
            try {
                // Not startForegroundService: it ends the app if the ceremony is over before it has started.
                unlessRefused { activity.startService(service) }
                return ceremony()
            } finally {
                underWay -= 1
                if (underWay == 0) activity.stopService(service)
            }
        }

        /** What Android throws at whoever is not in front, or lacks a permission: both end as these. */
        private inline fun unlessRefused(work: () -> Unit): Boolean = try {
            work()
            true
        } catch (refused: IllegalStateException) {
            warn(refused)
        } catch (refused: SecurityException) {
            warn(refused)
        }

        private fun warn(refused: RuntimeException): Boolean {
            Log.w(TAG, "the ceremony is not kept in the foreground: ${refused.javaClass.simpleName}")
            return false
        }
    }
}
