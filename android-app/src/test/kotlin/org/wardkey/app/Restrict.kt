package org.wardkey.app

import android.app.Application
import android.content.RestrictionsManager
import android.os.Bundle
import org.robolectric.Shadows.shadowOf

/** What the organization prescribes from now on; Android's word that it changed comes later, or never. */
internal fun Application.restrict(set: Bundle.() -> Unit) {
    val manager = getSystemService(RestrictionsManager::class.java)
    shadowOf(manager).setApplicationRestrictions(Bundle().apply(set))
}
