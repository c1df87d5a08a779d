package org.wardkey.app.screens

import android.app.Activity
import android.app.Application.ActivityLifecycleCallbacks
import android.os.Bundle

/**
 * Does [then] when the activity it is registered with is destroyed: closed, or replaced because the phone was
 * turned.
 */
internal class OnDestroy(private val then: () -> Unit) : ActivityLifecycleCallbacks {
    override fun onActivityDestroyed(activity: Activity) = then()

    override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?) = Unit

    override fun onActivityStarted(activity: Activity) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivityStopped(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle) = Unit
}
