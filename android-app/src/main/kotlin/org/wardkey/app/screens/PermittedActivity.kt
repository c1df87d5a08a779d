package org.wardkey.app.screens

import android.content.pm.PackageManager
import androidx.annotation.StringRes
import org.wardkey.app.R
import org.wardkey.app.screens.preflight.openFrom
import org.wardkey.core.Fix

/** A screen that can do nothing without one permission, and says why before it asks for it. */
internal abstract class PermittedActivity(
    private val permission: String,
    @param:StringRes private val heading: Int,
    @param:StringRes private val reason: Int,
) : ScreenActivity() {
    /** Goes on: the permission is there. */
    protected abstract fun begin()

    /** [begin]s, or else explains what the permission is for, with a button to give it. */
    protected fun beginIfPermitted() {
        if (checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED) begin() else explain()
    }

    private fun explain() = show(R.layout.ask).run {
        put(R.id.ask_heading, getString(heading))
        put(R.id.ask_reason, getString(reason))
        on(R.id.ask_allow) { requestPermissions(arrayOf(permission), ASKED) }
        on(R.id.ask_settings) { Fix.PERMISSIONS.openFrom(this@PermittedActivity) }
    }

    override fun onRequestPermissionsResult(code: Int, permissions: Array<String>, results: IntArray) {
        super.onRequestPermissionsResult(code, permissions, results)
        // Empty when the question was taken away: then nothing changed.
        if (code == ASKED && results.firstOrNull() == PackageManager.PERMISSION_GRANTED) begin()
    }

    private companion object {
        const val ASKED = 1
    }
}
