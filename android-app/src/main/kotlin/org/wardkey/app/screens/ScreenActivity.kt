package org.wardkey.app.screens

import android.app.Activity
import android.view.View
import androidx.annotation.LayoutRes
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel

/** Base of every activity that shows something. */
internal abstract class ScreenActivity : Activity() {
    /** Work for this screen, on the main thread; it ends with the screen. */
    protected val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)

    /** Shows [layout] as this screen's content and returns its root view. Replaces what was shown before. */
    protected fun show(@LayoutRes layout: Int): View {
        val screen = ScreenFrame.around(this, layout)
        // As Android 15 insists; so on Android 14 too.
        window.setDecorFitsSystemWindows(false)
        setContentView(screen.frame)
        return screen.content
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }
}
