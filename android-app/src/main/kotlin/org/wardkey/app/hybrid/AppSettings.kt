package org.wardkey.app.hybrid

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.provider.Settings

/** Opens Android's page about this app: where a permission is given that may no longer be asked for. */
internal fun Activity.openAppSettings() {
    val own = Uri.fromParts("package", packageName, null)
    startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, own))
}
