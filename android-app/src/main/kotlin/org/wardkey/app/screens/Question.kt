package org.wardkey.app.screens

import android.app.Activity
import android.app.Dialog
import android.view.View
import android.view.accessibility.AccessibilityManager
import androidx.annotation.LayoutRes
import androidx.annotation.MainThread
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import org.wardkey.app.R
import org.wardkey.core.UserFailure

/**
 * A question that covers an activity until it is answered. It stands in a window of its own, so that the
 * activity may change what it shows underneath.
 *
 * @property layout what is shown
 * @property dismissed what going back means
 * @property fill puts words into the layout and lets its buttons complete the answer
 */
internal class Question<T : Any>(
    @LayoutRes private val layout: Int,
    private val dismissed: (CompletableDeferred<T>) -> Unit,
    private val fill: View.(CompletableDeferred<T>) -> Unit,
) {
    /**
     * Waits for the answer. However it ends, the question is gone from the screen.
     *
     * @throws UserFailure Cancelled when [activity] is on its way out, TimedOut when nobody answers
     */
    @MainThread
    suspend fun askIn(activity: Activity): T {
        if (activity.isFinishing || activity.isDestroyed) throw UserFailure.Cancelled()
        val answer = CompletableDeferred<T>()
        val dialog = dialogIn(activity, answer)
        val end = OnDestroy {
            answer.completeExceptionally(UserFailure.Cancelled())
            dialog.dismiss()
        }
        activity.registerActivityLifecycleCallbacks(end)
        try {
            dialog.show()
            return withTimeoutOrNull(patience(activity)) { answer.await() } ?: throw UserFailure.TimedOut()
        } finally {
            activity.unregisterActivityLifecycleCallbacks(end)
            dialog.dismiss()
        }
    }

    private fun dialogIn(activity: Activity, answer: CompletableDeferred<T>): Dialog {
        val dialog = Dialog(activity, R.style.Theme_Wardkey)
        val screen = ScreenFrame.around(dialog.context, layout)
        // Another app's window above this one could show other words than those being agreed to.
        screen.frame.filterTouchesWhenObscured = true
        screen.content.fill(answer)
        dialog.window?.setDecorFitsSystemWindows(false)
        dialog.setContentView(screen.frame)
        dialog.setOnCancelListener { dismissed(answer) }
        return dialog
    }

    /** Longer for people who told Android that they need more time. */
    private fun patience(activity: Activity): Long {
        val needs = AccessibilityManager.FLAG_CONTENT_TEXT or AccessibilityManager.FLAG_CONTENT_CONTROLS
        val manager = activity.getSystemService(AccessibilityManager::class.java)
        return manager.getRecommendedTimeoutMillis(PATIENCE_MILLIS, needs).toLong()
    }

    private companion object {
        /** Two minutes: websites give up after one to ten. */
        const val PATIENCE_MILLIS = 120_000
    }
}
