package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.widget.TextView
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import org.wardkey.app.R
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.screens.ScreenActivity
import org.wardkey.app.screens.on
import org.wardkey.app.screens.put

/** The scanner: looks for a computer's code and hands it to [CeremonyActivity]. */
internal open class ScanActivity : ScreenActivity() {
    private var source: CodeSource? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        scope.launch(Dispatchers.IO) { prepare() }
    }

    override fun onStart() {
        super.onStart()
        if (isAllowed()) scan() else explain()
    }

    override fun onStop() {
        source?.stop()
        super.onStop()
    }

    /** While the person aims, the core is loaded and the tunnel service reached. */
    protected open suspend fun prepare() {
        val wardkey = (application as WardkeyApplication).wardkey
        SharedTunnel.access.warmUp(wardkey.configuration.value.tunnelDomain)
    }

    protected open fun sourceFor(screen: View): CodeSource =
        CodeCamera(this, screen.requireViewById(R.id.scan_preview))

    private fun isAllowed() =
        checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

    private fun explain() = show(R.layout.ask).run {
        put(R.id.ask_heading, getString(R.string.scan_permission))
        put(R.id.ask_reason, getString(R.string.scan_permission_reason))
        on(R.id.ask_allow) { requestPermissions(arrayOf(Manifest.permission.CAMERA), CAMERA) }
        on(R.id.ask_settings) { openAppSettings() }
    }

    override fun onRequestPermissionsResult(code: Int, permissions: Array<String>, results: IntArray) {
        super.onRequestPermissionsResult(code, permissions, results)
        // Empty when the question was taken away: then nothing changed.
        if (code == CAMERA && results.firstOrNull() == PackageManager.PERMISSION_GRANTED) scan()
    }

    private fun scan() {
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
            val address = Uri.parse(code.code)
            startActivity(Intent(Intent.ACTION_VIEW, address, this, CeremonyActivity::class.java))
            finish()
        }
    }

    /** Said once, however many pictures say it. */
    private fun View.hint(words: Int) {
        val text = getString(words)
        if (requireViewById<TextView>(R.id.scan_hint).text.toString() != text) put(R.id.scan_hint, text)
    }

    private companion object {
        const val CAMERA = 1
    }
}
