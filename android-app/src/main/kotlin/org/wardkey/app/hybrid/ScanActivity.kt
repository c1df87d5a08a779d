package org.wardkey.app.hybrid

import android.Manifest
import android.os.Bundle
import android.util.Log
import android.view.View
import android.view.WindowManager
import android.widget.TextView
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import org.wardkey.app.R
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.screens.PermittedActivity
import org.wardkey.app.screens.on
import org.wardkey.app.screens.put
import org.wardkey.app.withCore
import org.wardkey.app.words.failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.Step

/** The scanner: looks for a computer's code and hands it to [CeremonyActivity]. */
internal open class ScanActivity : PermittedActivity(
    Manifest.permission.CAMERA,
    R.string.scan_permission,
    R.string.scan_permission_reason,
) {
    private var source: CodeSource? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        scope.launch(Dispatchers.IO) { prepare() }
    }

    override fun onStart() {
        super.onStart()
        beginIfPermitted()
    }

    override fun onStop() {
        source?.stop()
        super.onStop()
    }

    /**
     * While the person aims, the core is loaded and the tunnel service reached. Nothing depends on it: a core
     * that fails here fails the ceremony as well, whose screen tells why.
     */
    protected open suspend fun prepare() {
        val application = application as WardkeyApplication
        val domain = try {
            application.withCore(Step.CODE) { it.configuration.value.tunnelDomain }
        } catch (failure: PasskeyException) {
            Log.w("Wardkey", "nothing is prepared: ${failure.failure.reason}")
            return
        }
        application.tunnelAccess.warmUp(domain)
    }

    protected open fun sourceFor(screen: View): CodeSource =
        CodeCamera(this, screen.requireViewById(R.id.scan_preview))

    override fun begin() {
        source?.stop()
        val screen = show(R.layout.scan)
        source = sourceFor(screen).also { camera ->
            camera.start({ saw(screen, SeenCode.of(it)) }) { screen.hint(R.string.scan_failed) }
        }
    }

    private fun saw(screen: View, code: SeenCode) = when (code) {
        is SeenCode.Other -> screen.hint(R.string.scan_other)
        is SeenCode.Request -> {
            source?.stop()
            startActivity(CeremonyActivity.opening(this, code.code))
            finish()
        }
    }

    /** Said once, however many pictures say it. */
    private fun View.hint(words: Int) {
        val text = getString(words)
        if (requireViewById<TextView>(R.id.scan_hint).text.toString() != text) put(R.id.scan_hint, text)
    }
}
