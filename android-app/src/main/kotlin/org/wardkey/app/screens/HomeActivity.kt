package org.wardkey.app.screens

import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.provider.Settings
import android.view.View
import org.wardkey.app.R

/** The screen behind the launcher's icon. */
internal class HomeActivity : ScreenActivity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        show(R.layout.home)
        requireViewById<View>(R.id.home_open_settings).setOnClickListener { openPasskeyServices() }
    }

    /**
     * Opens Android's list of services that can hold passkeys; some makers leave that page out of Settings.
     */
    private fun openPasskeyServices() {
        val own = Uri.fromParts("package", packageName, null)
        try {
            startActivity(Intent(ACTION_CREDENTIAL_PROVIDER, own))
        } catch (_: ActivityNotFoundException) {
            startActivity(Intent(Settings.ACTION_SETTINGS))
        }
    }

    private companion object {
        /** Android 14 answers to it; its constant in [Settings] came with Android 15. */
        const val ACTION_CREDENTIAL_PROVIDER = "android.settings.CREDENTIAL_PROVIDER"
    }
}
